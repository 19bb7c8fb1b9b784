"""The demo province: organisations, people, meetings and papers to try the product with."""
