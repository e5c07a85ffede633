"""Recipes: data → composed texts → fitted encoder → int8 ONNX → card."""
