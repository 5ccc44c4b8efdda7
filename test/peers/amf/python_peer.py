"""AMF by Py3AMF or mini-amf, told by the first argument: see ../amf.ts for what comes in and goes out."""

import datetime
import importlib
import sys

library = sys.argv[1]
amf = importlib.import_module(library)
amf0 = importlib.import_module(library + ".amf0")
amf3 = importlib.import_module(library + ".amf3")
try:
    flex = importlib.import_module(library + ".flex")
except ImportError:
    flex = None

# As Python's library of XML has it; the peers parse and write XML anew.
from xml.etree import ElementTree as ET


class P(object):
    """A typed object."""

    class __amf__:
        static = ("x", "y")
        dynamic = False

    def __init__(self, x=0, y=0):
        self.x = x
        self.y = y


amf.register_class(P, "P")


def bytes_of(*values):
    array = amf3.ByteArray()
    array.write(bytes(values))
    return array


def twice(value):
    return [value, value]


def cyclic_object():
    value = amf.ASObject()
    value["s"] = value
    return value


def cyclic_array():
    value = []
    value.append(value)
    return value


def mixed(**members):
    return amf.MixedArray(**members)


def names_and_elements():
    value = amf.MixedArray(k=5, name="n")
    value[0] = 9
    value[1] = 8
    return value


CASES = []


def both(name, make):
    CASES.append((name, 0, make))
    CASES.append((name, 3, make))


def only0(name, make):
    CASES.append((name, 0, make))


def only3(name, make):
    CASES.append((name, 3, make))


both("undefined", lambda: amf.Undefined)
both("null", lambda: None)
both("true", lambda: True)
both("false", lambda: False)
both("0", lambda: 0)
both("1", lambda: 1)
both("-1", lambda: -1)
both("127", lambda: 127)
both("128", lambda: 128)
both("16383", lambda: 16383)
both("16384", lambda: 16384)
both("2097151", lambda: 2097151)
both("2097152", lambda: 2097152)
both("largest integer", lambda: 268435455)
both("smallest integer", lambda: -268435456)
both("above the integers", lambda: 268435456)
both("below the integers", lambda: -268435457)
both("2^31", lambda: 2**31)
both("2^53", lambda: 2**53)
both("0.5", lambda: 0.5)
both("pi", lambda: 3.141592653589793)
both("NaN", lambda: float("nan"))
both("infinity", lambda: float("inf"))
both("minus infinity", lambda: float("-inf"))
both("largest number", lambda: sys.float_info.max)
both("empty string", lambda: "")
both("string", lambda: "abc")
both("unicode", lambda: "ü日本😀")
both("string with a zero", lambda: "a\0b")
both("string of 200", lambda: "x" * 200)
both("string of 70000", lambda: "x" * 70000)
both("date", lambda: datetime.datetime(2023, 11, 14, 22, 13, 20))
both("date 0", lambda: datetime.datetime(1970, 1, 1))
both("date before 1970", lambda: datetime.datetime(1969, 12, 31))
both("empty array", lambda: [])
both("array", lambda: [1, "b"])
both("nested arrays", lambda: [[], [1, [2]]])
both("array of 100", lambda: list(range(100)))
both("names in an array", lambda: mixed(k=5))
only3("names and elements", lambda: names_and_elements())
both("empty object", lambda: amf.ASObject())
both("object", lambda: {"a": 1, "b": "x"})
both("nested objects", lambda: {"o": {"p": {"q": None}}})
both("names of JavaScript", lambda: {"constructor": 1, "toString": 2})
both("unicode name", lambda: {"ключ": True})
both("typed object", lambda: P(1, 2))
both("two typed objects", lambda: [P(1, 2), P(3, 4)])
both("same object twice", lambda: twice({"a": 1}))
both("same array twice", lambda: twice([1]))
both("same typed object twice", lambda: twice(P(1, 2)))
both("same string often", lambda: ["abc", "abc", {"abc": "abc"}])
both("cyclic object", lambda: cyclic_object())
both("cyclic array", lambda: cyclic_array())
only3("empty bytes", lambda: bytes_of())
only3("bytes", lambda: bytes_of(0, 1, 2, 255))
only3("same bytes twice", lambda: twice(bytes_of(1, 2, 3)))
only0("XML document", lambda: ET.fromstring("<a><b>c</b></a>"))
only3("XML", lambda: ET.fromstring("<a><b>c</b></a>"))
if flex is not None:
    only3("ArrayCollection", lambda: flex.ArrayCollection([1, "x"]))
    only3("same ArrayCollection twice", lambda: twice(flex.ArrayCollection([1])))
    only3("ObjectProxy", lambda: flex.ObjectProxy(amf.ASObject(a=1, b="x")))


def encode(value, encoding):
    return amf.encode(value, encoding=encoding).getvalue().hex()


def write(name, encoding, result):
    print("%s\t%d\t%s" % (name, encoding, result), flush=True)


def attempt(name, encoding, work):
    try:
        write(name, encoding, work())
    except Exception as error:
        write(name, encoding, "! %s: %s" % (type(error).__name__, str(error).replace("\n", " ")))


if sys.argv[2] == "encode":
    for name, encoding, make in CASES:
        attempt(name, encoding, lambda: encode(make(), encoding))
else:
    for line in sys.stdin:
        name, number, text = line.rstrip("\n").split("\t")
        encoding = int(number)

        def echo():
            value = list(amf.decode(bytes.fromhex(text), encoding=encoding))[0]
            return encode(value, encoding)

        attempt(name, encoding, echo)
