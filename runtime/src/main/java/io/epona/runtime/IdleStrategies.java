package io.epona.runtime;

import java.util.List;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * What a thread does when its agents have nothing to do, by the name that configuration gives it.
 *
 * <table>
 * <caption>Names</caption>
 * <tr><td>{@code signalled}</td><td>spin a few rounds, then park until a publisher signals</td></tr>
 * <tr><td>{@code backoff}</td><td>spin, yield, then park for growing times up to the longest</td></tr>
 * <tr><td>{@code spin}</td><td>busy spin with the processor's pause hint: a core of its own</td></tr>
 * <tr><td>{@code noop}</td><td>busy spin without the hint</td></tr>
 * <tr><td>{@code yield}</td><td>yield the core to other runnable threads</td></tr>
 * <tr><td>{@code sleep-ns}</td><td>sleep the shortest park each time</td></tr>
 * </table>
 */
public final class IdleStrategies {
    /** All names, for validation and documentation. */
    public static final List<String> NAMES =
            List.of(SignalledIdleStrategy.ALIAS, "backoff", "spin", "noop", "yield", "sleep-ns");

    private IdleStrategies() {}

    /**
     * The numbers that the strategies take; each uses those that it needs.
     *
     * @param spins rounds of busy spinning before anything else
     * @param yields rounds of yielding after that ({@code backoff})
     * @param minParkNs shortest park ({@code backoff}, {@code sleep-ns})
     * @param maxParkNs longest park ({@code signalled}, {@code backoff})
     */
    public record Settings(int spins, int yields, long minParkNs, long maxParkNs) {}

    /**
     * A thread's way of waiting, and what its publishers call.
     *
     * @param idleStrategy of the thread
     * @param signal for those that publish to it; {@link Signal#NONE} when the strategy polls
     */
    public record Waiting(IdleStrategy idleStrategy, Signal signal) {}

    /**
     * A new strategy for one thread.
     *
     * @param name one of {@link #NAMES}
     * @param settings numbers that it takes
     * @throws IllegalArgumentException when there is no such name
     */
    public static Waiting byName(final String name, final Settings settings) {
        return switch (name) {
            case SignalledIdleStrategy.ALIAS -> {
                final ParkingSignal signal = new ParkingSignal();
                yield new Waiting(new SignalledIdleStrategy(signal, settings.spins(), settings.maxParkNs()), signal);
            }
            case "backoff" ->
                polling(new BackoffIdleStrategy(
                        settings.spins(), settings.yields(), settings.minParkNs(), settings.maxParkNs()));
            case "spin" -> polling(BusySpinIdleStrategy.INSTANCE);
            case "noop" -> polling(NoOpIdleStrategy.INSTANCE);
            case "yield" -> polling(YieldingIdleStrategy.INSTANCE);
            case "sleep-ns" -> polling(new SleepingIdleStrategy(settings.minParkNs()));
            default -> throw new IllegalArgumentException("no such idle strategy: name=" + name + ", known=" + NAMES);
        };
    }

    private static Waiting polling(final IdleStrategy idleStrategy) {
        return new Waiting(idleStrategy, Signal.NONE);
    }
}
