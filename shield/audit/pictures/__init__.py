"""Pictures of a report, as SVG that needs nothing beside it; empty where there is nothing to draw."""
