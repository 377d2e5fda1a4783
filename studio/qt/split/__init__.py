"""How the network is split over devices: the tool bar's button, its panel, and a layer's own place."""
