"""What a file is, by its content: what only begins like an image or a PDF is none."""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

_MOST_PIXELS = 40_000_000
_IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}
PDF = "application/pdf"


class ContentRefused(ValueError):  # noqa: N818 - what happened to it
    """The content is not what it should be; the text says why."""


def image_type(content: bytes) -> str:
    """The media type of a PNG or JPEG image, once all of it was decoded. Raises ContentRefused."""
    try:
        with Image.open(BytesIO(content), formats=tuple(_IMAGE_TYPES)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ContentRefused(f"at most {_MOST_PIXELS} pixels")
            image.load()
            return _IMAGE_TYPES[str(image.format)]
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ContentRefused("it is no PNG or JPEG image") from error


def check_pdf(content: bytes) -> None:
    """Raises ContentRefused: it is no PDF."""
    if not (content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]):
        raise ContentRefused("it is no PDF")
