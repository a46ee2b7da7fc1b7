"""Will this cut me off? The verdict on a change before it goes to a device.

Pure: our way in, what the device runs, the files that the change puts, what is known of the device.
`judge` answers with a level and reasons a person can act on.
"""

from owtui.engine.configs.cutoff.judge import judge
from owtui.engine.configs.cutoff.model import CutOff, Entrance, Level, Reason, Way
from owtui.engine.configs.cutoff.wayin import public_key, way_in

__all__ = ["CutOff", "Entrance", "Level", "Reason", "Way", "judge", "public_key", "way_in"]
