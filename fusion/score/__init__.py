"""The picture against the truth: SIAP attributes, GOSPA, ANEES, RMSE, and the centralised bound."""
