// x with A x = b for a symmetric positive definite A (rows), by Cholesky's factors, in float64.
export function solve(A, b) {
  const n = b.length, L = A.map((row) => Float64Array.from(row)), x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = L[i][j];
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      if (i === j && !(sum > 0)) throw new Error("the states of these days do not differ enough");
      L[i][j] = i === j ? Math.sqrt(sum) : sum / L[j][j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= L[i][k] * x[k];
    x[i] /= L[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= L[k][i] * x[k];
    x[i] /= L[i][i];
  }
  return x;
}
