"""The only folder that knows Qt: views of the models."""
