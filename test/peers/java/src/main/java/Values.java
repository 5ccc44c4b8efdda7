import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** Java's own values, in short words. */
final class Values {
    static List<Object> list(Object... elements) {
        return new ArrayList<>(Arrays.asList(elements));
    }

    static List<Object> twice(Object value) {
        return list(value, value);
    }

    static List<Object> upTo(int count) {
        return new ArrayList<>(IntStream.range(0, count).boxed().toList());
    }

    static Map<String, Object> map(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int index = 0; index < namesAndValues.length; index += 2) {
            map.put((String) namesAndValues[index], namesAndValues[index + 1]);
        }
        return map;
    }

    static List<Object> cyclicList() {
        List<Object> list = list();
        list.add(list);
        return list;
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int index = 0; index < values.length; index++) {
            bytes[index] = (byte) values[index];
        }
        return bytes;
    }

    static Document document() throws Exception {
        byte[] text = "<a><b>c</b></a>".getBytes(StandardCharsets.UTF_8);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(text));
    }

    /** What every library has. */
    static void simple(AmfLines lines) {
        lines.both("null", () -> null);
        lines.both("true", () -> true);
        lines.both("false", () -> false);
        lines.both("0", () -> 0);
        lines.both("1", () -> 1);
        lines.both("-1", () -> -1);
        lines.both("127", () -> 127);
        lines.both("128", () -> 128);
        lines.both("16383", () -> 16383);
        lines.both("16384", () -> 16384);
        lines.both("2097151", () -> 2097151);
        lines.both("2097152", () -> 2097152);
        lines.both("largest integer", () -> 268435455);
        lines.both("smallest integer", () -> -268435456);
        lines.both("above the integers", () -> 268435456);
        lines.both("below the integers", () -> -268435457);
        lines.both("2^31", () -> 2147483648L);
        lines.both("2^53", () -> 9007199254740992d);
        lines.both("0.5", () -> 0.5);
        lines.both("pi", () -> Math.PI);
        lines.both("NaN", () -> Double.NaN);
        lines.both("infinity", () -> Double.POSITIVE_INFINITY);
        lines.both("minus infinity", () -> Double.NEGATIVE_INFINITY);
        lines.both("largest number", () -> Double.MAX_VALUE);
        lines.both("empty string", () -> "");
        lines.both("string", () -> "abc");
        lines.both("unicode", () -> "ü日本😀");
        lines.both("string with a zero", () -> "a\0b");
        lines.both("string of 200", () -> "x".repeat(200));
        lines.both("string of 70000", () -> "x".repeat(70_000));
        lines.both("date", () -> new java.util.Date(1_700_000_000_000L));
        lines.both("date 0", () -> new java.util.Date(0));
        lines.both("date before 1970", () -> new java.util.Date(-86_400_000));
        lines.both("empty array", () -> list());
        lines.both("array", () -> list(1, "b"));
        lines.both("nested arrays", () -> list(list(), list(1, list(2))));
        lines.both("array of 100", () -> upTo(100));
        lines.both("same array twice", () -> twice(list(1)));
        lines.both("cyclic array", () -> cyclicList());
        lines.both("typed object", () -> new P(1, 2));
        lines.both("two typed objects", () -> list(new P(1, 2), new P(3, 4)));
        lines.both("same typed object twice", () -> twice(new P(1, 2)));
    }

    private Values() {
    }
}
