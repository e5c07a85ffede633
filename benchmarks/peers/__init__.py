"""What a comparison with another product needs: texts, a protocol between processes, the peers."""
