"""Windows of bytes: the same number of bytes from each of many places, compared and told apart all at once. Pure."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]


class Pattern:
    """A text to compare with, as words and the mask of their bytes that count."""

    def __init__(self, text: bytes, *, right: bool = False, width: int = 0) -> None:
        self.width = width or -(-len(text) // 8) * 8
        pad = b"\0" * (self.width - len(text))
        mask = b"\xff" * len(text)
        self._text, self._mask = (
            np.frombuffer(pad + one if right else one + pad, "<u8") for one in (text, mask)
        )

    def same(self, words: Words) -> Bools:
        """Which rows of words have this text."""
        good: Bools = (words[:, 0] & self._mask[0]) == self._text[0]
        for column in range(1, len(self._text)):
            if self._mask[column]:
                good &= (words[:, column] & self._mask[column]) == self._text[column]
        return good


def windows(content: bytearray, at: Ints, width: int) -> Bytes:
    """So many bytes from each of these places on."""
    whole = np.ndarray((max(0, len(content) - width + 1),), f"V{width}", content, 0, (1,))
    return whole[at].view(np.uint8).reshape(len(at), width)


def words(part: Bytes) -> Words:
    """The same bytes, eight at a time."""
    return part.view("<u8")


def digits(part: Bytes) -> Bools:
    """Which of the bytes are figures."""
    return (part - ord("0")) < 10
