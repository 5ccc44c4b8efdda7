import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;

/** What test/peers/amf.ts reads and writes: lines of name, encoding and bytes. */
abstract class AmfLines {
    private record Case(String name, int encoding, Callable<Object> make) {
    }

    private final List<Case> cases = new ArrayList<>();
    /** What libraries print is no answer. */
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    abstract byte[] encode(Object value, int encoding) throws Exception;

    abstract Object decode(byte[] bytes, int encoding) throws Exception;

    void both(String name, Callable<Object> make) {
        only0(name, make);
        only3(name, make);
    }

    void only0(String name, Callable<Object> make) {
        cases.add(new Case(name, 0, make));
    }

    void only3(String name, Callable<Object> make) {
        cases.add(new Case(name, 3, make));
    }

    void run(String mode) throws Exception {
        System.setOut(System.err);
        if (mode.equals("encode")) {
            for (Case one : cases) {
                attempt(one.name, one.encoding, () -> encode(one.make.call(), one.encoding));
            }
            return;
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t");
            int encoding = Integer.parseInt(parts[1]);
            byte[] bytes = HexFormat.of().parseHex(parts[2]);
            attempt(parts[0], encoding, () -> encode(decode(bytes, encoding), encoding));
        }
    }

    private void attempt(String name, int encoding, Callable<byte[]> work) {
        String result;
        try {
            result = HexFormat.of().formatHex(work.call());
        } catch (Throwable error) {
            result = "! " + String.valueOf(error).replaceAll("\\s+", " ");
        }
        out.println(name + "\t" + encoding + "\t" + result);
    }
}
