"""What calls made to break a server bring: in addresses, parameters, headers and bodies."""

# as bytes of an address or a form, before they are percent-encoded
PIECES = (
    b"", b"\0", b"a\0b", b"-1", b"0", b"9" * 22, b"9" * 5_000, "²".encode(), "٣".encode(), b"1e999999999", b"NaN",
    b"Infinity", b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\xaf", b"../../etc/passwd", b"..%2f", b"%00", b"%", b"\r\nX: y",
    b"x" * 3_000, "\u202e\ufeff\U0001f4a9".encode(), b"<b>'\"", b"{{ 7 * 7 }}", b"1,2,3", b"_5F", b"_", b"true",
    b"0001-01-01", b"9999-12-31", b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00+14:00", b"2026-02-31", b"2026-13",
    b"25:61", b"+999999y", b"all", b"[]", b"{}", b"null", b"[" * 5_000, b'{"a":' * 5_000,
    b'{"a": ' + b"9" * 100_000 + b"}",
    b'{"columns": {"start": "\\u0000", "a": "\\ud800"}}', b'"\\ud800"', b"1" + b"0" * 400 + b".5",
)  # fmt: skip
NUMBERS = ("0", "9" * 18, "9" * 22, "9" * 5_000)  # where the address takes a number only
# no NUL and no length of 5,000 digits: gunicorn lets none pass, and Django would fail
HEADERS = {
    "Accept": ("", ";", "*/*;q=x", "text/html;q=" + "9" * 5_000, "a/b;" * 2_000, "application/json;version=²"),
    "Accept-Language": ("", "x" * 3_000, "*;q=²", "es-" * 1_000, "en;q=" + "9" * 400),
    "If-None-Match": ("", '"', 'W/"', "*", '"x",' * 2_000, "\xff"),
    "If-Modified-Since": ("", "Mon, 99 Nov 99999 25:61:61 GMT", "9" * 5_000, "²"),
    "Range": ("bytes=", "bytes=-", "bytes=9-1", "bytes=" + "0-," * 2_000, "bytes=" + "9" * 5_000 + "-", "bytes=²-"),
    "Authorization": ("", "Basic", "Basic ²", "Basic " + "A" * 5_000, "Basic OgA6", "Bearer", "é"),
    "Cookie": ("=", ";" * 2_000, "sessionid=" + "x" * 4_000, "csrftoken=é; theme=²", "messages=["),
    "Content-Length": ("", "²", "-1", "0", "1", "9" * 18, "+5", "1_0"),
    "Content-Type": (
        "", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "é" * 80,
        "application/x-www-form-urlencoded; charset=nonsense", "application/x-www-form-urlencoded; charset=utf-16",
        "application/json; charset=utf-7", "text/csv; charset=²", ";", "application/octet-stream",
    ),
    "Content-Encoding": ("gzip", "²"),
    "Transfer-Encoding": ("chunked",),
    "Host": ("", "a b", "[::1", "x" * 3_000),
    "Origin": ("null", "http://[::1", "https://é"),
    "Referer": ("http://[::1", "https://" + "x" * 3_000),
    "X-File-Name": ("%00", "%ff%fe", "/" * 3_000, "%ED%A0%80", "é"),
    "X-Version-At": ("²", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-01T00:00:00.1²Z"),
    "X-HTTP-Method-Override": ("BREW",),
    "X-Background": ("²",),
    "X-Request-Reference": ("x" * 3_000,),
    "HX-Request": ("true",),
}  # fmt: skip
_PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: text/csv\r\n\r\n%s\r\n'
MULTIPART = "multipart/form-data; boundary=b"
FORM = "application/x-www-form-urlencoded"
BODIES = (
    (FORM, b"a=%00&b=%ED%A0%80&c=%ff"),
    (FORM, b"&" * 3_000),
    (FORM, b"a=1&" * 25_000),
    (FORM, b"\xff\xfe\0"),
    (MULTIPART, b""),
    (MULTIPART, b"--b"),
    (MULTIPART, b"--b\r\n\r\n--b--\r\n"),
    (MULTIPART, _PART % (b"\0", b"\0")),
    (MULTIPART, _PART % (b"x" * 3_000, b"1,2\n") + b"--b--\r\n"),
    (
        MULTIPART,
        _PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") % (b"a", b"\xff")
        + b"--b--",
    ),
    ("application/json", b"[" * 5_000),
    ("application/json", b'{"a": ' + b"9" * 100_000 + b"}"),
    ("text/csv", b"a;b\n\0;\xff\n" * 10),
    ("text/csv", b'"' + b"x" * 200_000),
)
FILES = (
    b"", b"\0", b"\xff\xfe", b"\xff\xfea\0,\0b\0\n", b'"' + b"x" * 200_000, b"a,b\n\0,\xff\n", b"\xef\xbb\xbf" * 3,
    b"9" * 100_000, b"PK\x03\x04", b"[" * 5_000, b"a\r\r\n\n\r" * 500, b"number,name\n\xc2\xb2,\xed\xa0\x80",
    b"," * 100_000, b"number;name\n1;" + b"x" * 5_000,
)  # fmt: skip
