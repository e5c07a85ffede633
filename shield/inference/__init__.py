"""ONNX graphs on this machine: verified, windowed, batched, cached."""
