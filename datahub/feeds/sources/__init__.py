"""How files come in by themselves: each kind of source is one module that looks and takes; `collect` sees to them."""
