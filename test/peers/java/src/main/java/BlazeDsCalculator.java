import java.util.List;
import java.util.Map;

/** What Flex clients call on BlazeDS. */
public class BlazeDsCalculator {
    public double add(double one, double other) {
        return one + other;
    }

    public Object echo(Object value) {
        return value;
    }

    public List<Object> list() {
        return List.of(1, "x", Map.of("a", true));
    }

    public P point() {
        return new P(1, 2);
    }

    public void fail() {
        throw new IllegalStateException("on purpose");
    }
}
