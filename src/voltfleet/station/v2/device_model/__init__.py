"""The device model of OCPP 2.x: components, their variables, and what each is set to.

definition  what a variable is: type, limits, who may change it
catalog     the controllers that every station has (Part 2 Appendix 3)
physical    the components that follow from how the station is built
model       one station's values, laid over the shared definitions
"""
