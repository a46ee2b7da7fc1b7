"""The network as a graph: read from devices and files, remembered, explained."""
