"""What the notebooks import: one module per page, and what several pages share.

A notebook shows its analysis: selections, arithmetic and plots stand in its cells. These modules
read the committed results, describe them and fill the tables that teach nothing by being built.
"""
