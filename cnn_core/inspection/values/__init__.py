"""The arithmetic of one output value, a family of layers a module: from the layer's input and settings, in double precision.

Each function takes the input of one picture, (C, …), and the position of the value, and returns a `WorkedValue` without what torch
computed. No function here runs the layer.
"""
