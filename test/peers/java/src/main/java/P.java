/** A typed object. */
public class P {
    public int x;
    public int y;

    public P() {
    }

    public P(int x, int y) {
        this.x = x;
        this.y = y;
    }

    @Override
    public String toString() {
        return "P(" + x + ", " + y + ")";
    }

    public int getX() {
        return x;
    }

    public void setX(int x) {
        this.x = x;
    }

    public int getY() {
        return y;
    }

    public void setY(int y) {
        this.y = y;
    }
}
