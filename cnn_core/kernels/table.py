"""The table of hand-made kernels: a new kernel is a new row here (and its Spanish in ``kernel_table.po``).

All are written for **convolution**, as the course writes its own: ``apply`` turns them by half a turn before it
multiplies. A gradient is therefore positive where it gets brighter to the right (``…_x``) or downwards (``…_y``);
cross-correlation shows the opposite sign. Laplacians have a positive centre, again as the course: bright spots and the
bright side of an edge are positive. Many books print both the other way round.
"""

from __future__ import annotations

from functools import partial

from cnn_core.kernels import formulas
from cnn_core.kernels.kernel import Kernel, Parameter, fixed
from cnn_core.registry import Registry

#: In the order in which a page shows them.
GROUPS = ("course", "gradients", "compass", "lines", "second_derivatives", "blur", "sharpen", "texture", "other")

KERNELS: Registry[Kernel] = Registry("kernel")

_FLAT = ("flat",)
_X = ("flat", "horizontal_stripes")
_Y = ("flat", "vertical_stripes")
_SECOND = ("flat", "ramp")
_ALL = ("flat", "ramp", "vertical_stripes", "horizontal_stripes")
_SIGMA = Parameter("sigma", "Width (standard deviation)", 0.3, 6.0, 0.1, 1.0, "px")
_ANGLE = Parameter("angle", "Angle", 0, 175, 5, 0, "°")
_EIGHTH = Parameter("angle", "Angle", 0, 315, 45, 0, "°")

# A row is read as one, not an argument a line.
# fmt: off
_ROWS = (
    # The course's three, to the number.
    Kernel("horizontal", "course", "Horizontal edges",
           "Horizontal edges: brighter below is positive, brighter above is negative.", "Course, lesson 1",
           fixed((1, 1, 1), (0, 0, 0), (-1, -1, -1)), silent_on=_Y),
    Kernel("vertical", "course", "Vertical edges",
           "Vertical edges: brighter on the right is positive, brighter on the left is negative.", "Course, lesson 1",
           fixed((1, 0, -1), (1, 0, -1), (1, 0, -1)), silent_on=_X),
    Kernel("laplacian", "course", "Laplacian",
           "Edges of any direction, and single points: a pixel that differs from its four neighbours.",
           "Course, lesson 1", fixed((0, -1, 0), (-1, 4, -1), (0, -1, 0)), silent_on=_SECOND),

    Kernel("central_difference", "gradients", "Central difference",
           "Vertical edges, one row at a time: the right-hand neighbour minus the left-hand one.",
           "Newton's finite differences (1687)", fixed((1, 0, -1)), silent_on=_X),
    Kernel("prewitt_x", "gradients", "Prewitt, x",
           "Vertical edges, averaged over three rows; the course's vertical kernel under its usual name.",
           "Prewitt (1970), “Object enhancement and extraction”", fixed((1, 0, -1), (1, 0, -1), (1, 0, -1)),
           silent_on=_X),
    Kernel("prewitt_y", "gradients", "Prewitt, y",
           "Horizontal edges, averaged over three columns; the course's horizontal kernel under its usual name.",
           "Prewitt (1970), “Object enhancement and extraction”", fixed((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
           silent_on=_Y),
    Kernel("sobel_x", "gradients", "Sobel, x",
           "Vertical edges; the middle row counts double, which smooths noise with less blur.",
           "Sobel & Feldman (1968), “A 3×3 isotropic gradient operator for image processing”",
           fixed((1, 0, -1), (2, 0, -2), (1, 0, -1)), silent_on=_X),
    Kernel("sobel_y", "gradients", "Sobel, y",
           "Horizontal edges; the middle column counts double, which smooths noise with less blur.",
           "Sobel & Feldman (1968), “A 3×3 isotropic gradient operator for image processing”",
           fixed((1, 2, 1), (0, 0, 0), (-1, -2, -1)), silent_on=_Y),
    Kernel("scharr_x", "gradients", "Scharr, x",
           "Vertical edges; with Scharr y the direction of slanted edges comes out truer than with Sobel.",
           "Scharr (2000), “Optimale Operatoren in der Digitalen Bildverarbeitung”",
           fixed((3, 0, -3), (10, 0, -10), (3, 0, -3)), silent_on=_X),
    Kernel("scharr_y", "gradients", "Scharr, y",
           "Horizontal edges; with Scharr x the direction of slanted edges comes out truer than with Sobel.",
           "Scharr (2000), “Optimale Operatoren in der Digitalen Bildverarbeitung”",
           fixed((3, 10, 3), (0, 0, 0), (-3, -10, -3)), silent_on=_Y),
    Kernel("roberts_falling", "gradients", "Roberts, falling",
           "The difference along the diagonal from top left to bottom right, on the smallest possible window.",
           "Roberts (1963), “Machine perception of three-dimensional solids”", fixed((1, 0), (0, -1)), silent_on=_FLAT),
    Kernel("roberts_rising", "gradients", "Roberts, rising",
           "The difference along the diagonal from top right to bottom left, on the smallest possible window.",
           "Roberts (1963), “Machine perception of three-dimensional solids”", fixed((0, 1), (-1, 0)), silent_on=_FLAT),
    Kernel("diagonal_falling", "gradients", "Diagonal edges, falling",
           "Edges that run like “\\”: positive where it gets brighter towards the bottom left.",
           "Prewitt (1970), turned by 45°", fixed((0, 1, 1), (-1, 0, 1), (-1, -1, 0)), silent_on=_FLAT),
    Kernel("diagonal_rising", "gradients", "Diagonal edges, rising",
           "Edges that run like “/”: positive where it gets brighter towards the bottom right.",
           "Prewitt (1970), turned by 45°", fixed((1, 1, 0), (1, 0, -1), (0, -1, -1)), silent_on=_FLAT),
    Kernel("frei_chen_x", "gradients", "Frei–Chen, x",
           "Vertical edges; between Prewitt and Sobel, the same strength for upright and diagonal edges.",
           "Frei & Chen (1977), “Fast boundary detection”",
           fixed((1, 0, -1), (2**0.5, 0, -(2**0.5)), (1, 0, -1)), silent_on=_X),
    Kernel("frei_chen_y", "gradients", "Frei–Chen, y",
           "Horizontal edges; between Prewitt and Sobel, the same strength for upright and diagonal edges.",
           "Frei & Chen (1977), “Fast boundary detection”",
           fixed((1, 2**0.5, 1), (0, 0, 0), (-1, -(2**0.5), -1)), silent_on=_Y),
    Kernel("gaussian_derivative", "gradients", "Derivative of a Gaussian",
           "Edges across the chosen angle and of the chosen coarseness: grey levels a pixel, after a blur.",
           "Canny (1986), “A computational approach to edge detection”",
           formulas.gaussian_derivative, (_SIGMA, Parameter("angle", "Angle", 0, 345, 15, 0, "°")), silent_on=_X),

    Kernel("kirsch", "compass", "Kirsch compass",
           "Edges in one of eight directions: the angle is where it gets brighter.",
           "Kirsch (1971), “Computer determination of the constituent structure of biological images”",
           partial(formulas.compass, (5, -3, -3, -3, -3, -3, 5, 5)), (_EIGHTH,), silent_on=_FLAT),
    Kernel("robinson", "compass", "Robinson compass",
           "Edges in one of eight directions, Sobel's weights turned by steps of 45°.",
           "Robinson (1977), “Edge detection by compass gradient masks”",
           partial(formulas.compass, (1, 0, -1, -2, -1, 0, 1, 2)), (_EIGHTH,), silent_on=_X),

    Kernel("line_horizontal", "lines", "Horizontal lines",
           "Bright horizontal lines one pixel thin; dark ones are negative.",
           "Gonzalez & Woods (1992), “Digital image processing”",
           fixed((-1, -1, -1), (2, 2, 2), (-1, -1, -1)), silent_on=("flat", "ramp", "vertical_stripes")),
    Kernel("line_vertical", "lines", "Vertical lines",
           "Bright vertical lines one pixel thin; dark ones are negative.",
           "Gonzalez & Woods (1992), “Digital image processing”",
           fixed((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)), silent_on=("flat", "ramp", "horizontal_stripes")),
    Kernel("line_falling", "lines", "Falling lines",
           "Bright lines that run like “\\”, one pixel thin.", "Gonzalez & Woods (1992), “Digital image processing”",
           fixed((2, -1, -1), (-1, 2, -1), (-1, -1, 2)), silent_on=_ALL),
    Kernel("line_rising", "lines", "Rising lines",
           "Bright lines that run like “/”, one pixel thin.", "Gonzalez & Woods (1992), “Digital image processing”",
           fixed((-1, -1, 2), (-1, 2, -1), (2, -1, -1)), silent_on=_ALL),

    Kernel("laplacian_8", "second_derivatives", "Laplacian, 8 neighbours",
           "Points, and edges of any direction, diagonals included: a pixel that differs from all around it.",
           "Gonzalez & Woods (1992), “Digital image processing”",
           fixed((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), silent_on=_SECOND),
    Kernel("laplacian_9_point", "second_derivatives", "Laplacian, nine-point",
           "Edges of any direction, with nearly the same strength in all of them.",
           "Collatz (1960), “The numerical treatment of differential equations”",
           fixed((-1, -4, -1), (-4, 20, -4), (-1, -4, -1), over=6), silent_on=_SECOND),
    Kernel("log", "second_derivatives", "Laplacian of Gaussian",
           "Blobs and edges of the chosen coarseness; edges lie where it crosses zero (“Mexican hat”).",
           "Marr & Hildreth (1980), “Theory of edge detection”", formulas.laplacian_of_gaussian,
           (Parameter("sigma", "Width (standard deviation)", 0.5, 5.0, 0.1, 1.0, "px"),), silent_on=_SECOND),
    Kernel("dog", "second_derivatives", "Difference of Gaussians",
           "Blobs brighter than their surroundings, as a centre-surround cell of the retina sees them.",
           "Wilson & Bergen (1979), “A four mechanism model for threshold spatial vision”",
           formulas.difference_of_gaussians,
           (Parameter("sigma", "Width (standard deviation)", 0.5, 3.0, 0.1, 1.0, "px"),
            Parameter("ratio", "Ratio of the two widths", 1.1, 3.0, 0.1, 1.6)), silent_on=_SECOND),

    Kernel("box", "blur", "Box blur",
           "The mean of the neighbourhood: takes away noise and detail, and leaves boxy traces.",
           "McDonnell (1981), “Box-filtering techniques”", formulas.box,
           (Parameter("size", "Size", 1, 31, 1, 3, "px"),)),
    Kernel("gaussian", "blur", "Gaussian blur",
           "The mean of the neighbourhood, near pixels counting more: the same softness in every direction.",
           "Koenderink (1984), “The structure of images”", formulas.gaussian,
           (_SIGMA, Parameter("size", "Size", 3, 31, 2, 5, "px"))),
    Kernel("binomial", "blur", "Binomial blur",
           "A Gaussian in whole numbers, 1 4 6 4 1 both ways: the step of an image pyramid.",
           "Burt & Adelson (1983), “The Laplacian pyramid as a compact image code”",
           fixed((1, 4, 6, 4, 1), (4, 16, 24, 16, 4), (6, 24, 36, 24, 6), (4, 16, 24, 16, 4), (1, 4, 6, 4, 1),
                 over=256)),
    Kernel("disk", "blur", "Out of focus",
           "What a lens does that is not focused: every point becomes a disc.",
           "Potmesil & Chakravarty (1981), “A lens and aperture camera model for synthetic image generation”",
           formulas.disk, (Parameter("radius", "Radius", 0.5, 15.0, 0.5, 2.5, "px"),)),
    Kernel("motion_blur", "blur", "Motion blur",
           "What a moving camera does: every point becomes a stroke. Edges along the motion stay sharp.",
           "Potmesil & Chakravarty (1983), “Modeling motion blur in computer-generated images”",
           formulas.motion, (Parameter("length", "Length", 1, 31, 1, 9, "px"), _ANGLE)),

    Kernel("sharpen", "sharpen", "Sharpen",
           "The image plus its Laplacian: edges are exaggerated, flat areas stay as they are.",
           "Kovásznay & Joseph (1955), “Image processing”", fixed((0, -1, 0), (-1, 5, -1), (0, -1, 0))),
    Kernel("sharpen_8", "sharpen", "Sharpen, 8 neighbours",
           "The image plus its eight-neighbour Laplacian: stronger, and noise grows with it.",
           "Gonzalez & Woods (1992), “Digital image processing”", fixed((-1, -1, -1), (-1, 9, -1), (-1, -1, -1))),
    Kernel("unsharp", "sharpen", "Unsharp mask",
           "The image plus what a blur took from it: sharper, with bright and dark seams along edges.",
           "Yule (1944), “Unsharp masks, and a new method of increasing definition in prints”", formulas.unsharp,
           (Parameter("amount", "Amount", 0.0, 5.0, 0.1, 1.0),
            Parameter("sigma", "Width (standard deviation)", 0.3, 6.0, 0.1, 1.0, "px"))),

    Kernel("gabor", "texture", "Gabor",
           "Stripes of the chosen direction and wavelength, as simple cells of the visual cortex answer to them.",
           "Gabor (1946), “Theory of communication”; in two dimensions Daugman (1985)", formulas.gabor,
           (_ANGLE, Parameter("wavelength", "Wavelength", 2.0, 16.0, 0.5, 4.0, "px"),
            Parameter("sigma", "Width (standard deviation)", 0.5, 6.0, 0.1, 1.8, "px"),
            Parameter("aspect", "Aspect", 0.2, 2.0, 0.05, 0.75),
            Parameter("phase", "Phase", 0, 345, 15, 0, "°")), silent_on=("flat", "ramp", "horizontal_stripes")),
    Kernel("laws_e5l5", "texture", "Laws, edge × level",
           "Horizontal edges within a texture, averaged over five pixels along the edge.",
           "Laws (1980), “Textured image segmentation”",
           fixed((1, 4, 6, 4, 1), (2, 8, 12, 8, 2), (0, 0, 0, 0, 0), (-2, -8, -12, -8, -2), (-1, -4, -6, -4, -1)),
           silent_on=_Y),
    Kernel("laws_s5s5", "texture", "Laws, spot × spot",
           "Texture of small spots: silent on anything that is the same along rows or along columns.",
           "Laws (1980), “Textured image segmentation”",
           fixed((1, 0, -2, 0, 1), (0, 0, 0, 0, 0), (-2, 0, 4, 0, -2), (0, 0, 0, 0, 0), (1, 0, -2, 0, 1)),
           silent_on=_ALL),
    Kernel("laws_r5r5", "texture", "Laws, ripple × ripple",
           "The finest texture there is: neighbouring pixels that alternate like a chessboard.",
           "Laws (1980), “Textured image segmentation”",
           fixed((1, -4, 6, -4, 1), (-4, 16, -24, 16, -4), (6, -24, 36, -24, 6), (-4, 16, -24, 16, -4),
                 (1, -4, 6, -4, 1)),
           silent_on=_ALL),

    Kernel("identity", "other", "Identity",
           "Nothing: every pixel stays what it is. The one kernel that proves that convolving can leave all alone.",
           "The unit impulse of signal theory", fixed((0, 0, 0), (0, 1, 0), (0, 0, 0))),
    Kernel("shift", "other", "Shift",
           "Nothing new: the whole image moves, because the one is not in the middle.",
           "The shifted unit impulse of signal theory", formulas.shift,
           (Parameter("right", "To the right", -5, 5, 1, 2, "px"), Parameter("down", "Downwards", -5, 5, 1, 1, "px"))),
    Kernel("emboss", "other", "Emboss",
           "Relief lit from the top left: slopes that face the light turn bright, the others dark.",
           "The relief filter of drawing programs", fixed((2, 1, 0), (1, 1, -1), (0, -1, -2))),
)
# fmt: on

for _row in _ROWS:
    KERNELS.add(_row)
