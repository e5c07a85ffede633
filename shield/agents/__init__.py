"""Agent loops of one's own, with every call checked: plain functions, OpenAI, Anthropic, LangChain, MCP."""
