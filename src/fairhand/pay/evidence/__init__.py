"""What a statement rests on: its entries, and the checks that anybody can run over both."""
