"""The filters of a layer as pictures, through time."""
