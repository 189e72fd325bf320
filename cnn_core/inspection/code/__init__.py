"""The code of a network: PyTorch and Keras written from its trace, or the source that builds it.

``write(trace, framework, way)`` knows nothing of the network's own code: it writes what ran, layer by layer, in the three ways
of the course. ``write_nested`` writes a design whose paths part as one sequential model all the same, with small classes for its blocks.
``source(architecture, options, trace)`` gives what the catalogue itself runs, standing on its own.
"""

from __future__ import annotations

from cnn_core.inspection.code.nested import line_of as line_of
from cnn_core.inspection.code.nested import write_nested as write_nested
from cnn_core.inspection.code.sources import source as source
from cnn_core.inspection.code.writing import WAYS as WAYS
from cnn_core.inspection.code.writing import class_name as class_name
from cnn_core.inspection.code.writing import write as write
