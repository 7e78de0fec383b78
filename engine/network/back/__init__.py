"""The way back through a network: from a loss through every act to every parameter."""
