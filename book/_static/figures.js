"use strict";

// Fetch and draw the figures of a page: those in sight first, then one after the other what is left.
// Their data are files beside the page (hydrotl/book/light.py), which also work if it is opened as a file.
// Formulas are set by a program that is fetched at once only if one is in sight.
const figures = { fetched: new Map() };

figures.fetch = (source) => {
  if (!figures.fetched.has(source)) {
    figures.fetched.set(source, new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => done();
      script.onerror = () => fail(new Error(`${source} was not found`));
      document.head.append(script);
    }));
  }
  return figures.fetched.get(source);
};

figures.draw = async (marker) => {
  const { needs, src, figure } = marker.dataset;
  for (const source of needs.split(" ")) await figures.fetch(source); // one needs the other
  await figures.fetch(src);
  window.Bokeh.Panel ??= {};
  const [docs, items] = window.figureData[figure];
  delete window.figureData[figure];
  await window.Bokeh.embed.embed_items_notebook(docs, items);
  figures.places(marker).forEach((place) => { place.style.minHeight = ""; });
};

figures.places = (marker) => marker.dataset.roots.split(" ")
  .map((root) => document.querySelector(`[data-root-id="${root}"]`)?.parentElement).filter(Boolean);

figures.inSight = (marker) => figures.places(marker).some((place) => {
  const box = place.getBoundingClientRect();
  return box.width > 0 && box.top < window.innerHeight && box.bottom > 0;
});

figures.setFormulas = async (inSight) => {
  const program = document.querySelector('meta[name="formulas"]');
  const visible = (formula) => formula.getBoundingClientRect().top < window.innerHeight;
  if (program === null || (inSight && ![...document.querySelectorAll(".math")].some(visible))) return;
  try {
    await figures.fetch(program.content);
  } catch (error) {
    console.error(error.message);
  }
};

figures.drawAll = async () => {
  const left = [...document.querySelectorAll(".figure-data")];
  const state = document.documentElement.dataset;
  state.figures = "drawing";
  for (const marker of left) {
    figures.places(marker).forEach((place) => { place.style.minHeight = `${marker.dataset.height}px`; });
  }
  await figures.setFormulas(true);
  let atRest = false;
  while (left.length > 0 || !atRest) {
    const seen = left.findIndex(figures.inSight);
    if (seen < 0 && !atRest) {
      performance.mark("first view");
      atRest = true;
      await new Promise((rest) => (window.requestIdleCallback ?? setTimeout)(rest));
      await figures.setFormulas(false);
      continue;
    }
    const [marker] = left.splice(Math.max(seen, 0), 1);
    try {
      await figures.draw(marker);
    } catch (error) {
      console.error(`figure ${marker.dataset.figure}: ${error.message}`);
    }
  }
  state.figures = "drawn";
};

document.addEventListener("DOMContentLoaded", figures.drawAll);
