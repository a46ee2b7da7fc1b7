"""Board maps that come with owtui: a module each, with a `register(boards)`. There are none yet:
images of OpenWrt name their boards themselves."""
