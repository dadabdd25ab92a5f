package io.epona.node.config;

import io.epona.runtime.IdleStrategies;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import io.epona.runtime.config.Profile;
import java.time.Duration;
import java.util.List;

/** Keys of which threads there are, how they wait and where they run. */
public final class ThreadKeys {
    /** Lanes on gateway threads. */
    public static final ConfigKey<Boolean> LANE_ON_GATEWAY = ConfigKey.ofBoolean("lane.on-gateway")
            .doc("Run the lanes on the first gateway thread: two thread hops less for each record,"
                    + " where cores are few.")
            .defaultValue(Profile.SHARED, true)
            .defaultValue(Profile.DEDICATED, false)
            .build();

    /** How lanes wait. */
    public static final ConfigKey<String> LANE_IDLE = idle("lane.idle", "lane threads", "signalled", "spin");

    /** How journal writers wait. */
    public static final ConfigKey<String> JOURNAL_IDLE = idle("journal.idle", "journal writers", "signalled", "spin");

    /** How gateway threads wait. */
    public static final ConfigKey<GatewayIdle> GATEWAY_IDLE = ConfigKey.ofEnum("gateway.idle", GatewayIdle.class)
            .doc("How gateway threads wait: block in epoll until something happens, or poll without end.")
            .defaultValue(Profile.SHARED, GatewayIdle.BLOCK)
            .defaultValue(Profile.DEDICATED, GatewayIdle.SPIN)
            .build();

    /** How the background thread waits. */
    public static final ConfigKey<String> BACKGROUND_IDLE = idle(
            "background.idle",
            "the thread that drains to partition logs and stores checkpoints",
            "sleep-ns",
            "sleep-ns");

    /** Spins before parking. */
    public static final ConfigKey<Integer> IDLE_SPINS = ConfigKey.ofInt("idle.spins")
            .doc("Rounds without work that a thread polls on before it parks. On few cores, park early.")
            .defaultValue(Profile.SHARED, 0)
            .defaultValue(Profile.DEDICATED, 100)
            .rule(ConfigRule.range(0, 1_000_000))
            .build();

    /** Longest park. */
    public static final ConfigKey<Duration> IDLE_MAX_PARK = ConfigKey.ofDuration("idle.max-park")
            .doc("Longest park of a signalled thread: a safety net and the pace of its timers,"
                    + " not what records wait for.")
            .defaultValue(Duration.ofMillis(100))
            .rule(ConfigRule.durationRange(Duration.ofNanos(1_000), Duration.ofSeconds(10)))
            .build();

    /** Pace of the background thread. */
    public static final ConfigKey<Duration> BACKGROUND_PARK = ConfigKey.ofDuration("background.park")
            .doc("How often the background thread looks for committed frames, while it keeps up.")
            .defaultValue(Profile.SHARED, Duration.ofMillis(20))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(1))
            .rule(ConfigRule.durationRange(Duration.ofNanos(1_000), Duration.ofSeconds(10)))
            .build();

    /** Cores of lanes. */
    public static final ConfigKey<List<Integer>> LANE_CORES = cores("lane.cores", "lane threads, in order of lanes");

    /** Cores of journal writers. */
    public static final ConfigKey<List<Integer>> JOURNAL_CORES =
            cores("journal.cores", "journal writers, in order of lanes");

    /** Cores of gateway threads. */
    public static final ConfigKey<List<Integer>> GATEWAY_CORES = cores("gateway.cores", "gateway threads");

    /** Niceness of the background thread. */
    public static final ConfigKey<Integer> BACKGROUND_NICE = ConfigKey.ofInt("background.nice")
            .doc("Niceness of the background thread, so that it gives way to the threads that records wait for.")
            .defaultValue(5)
            .rule(ConfigRule.range(0, 19))
            .build();

    /** Time slice of hot threads. */
    public static final ConfigKey<Duration> HOT_SLICE = ConfigKey.ofDuration("hot.slice")
            .doc("Scheduler's time slice of gateway, lane and journal threads (Linux 6.12 and later, no privilege"
                    + " needed): a short one has them run sooner after they are woken, where cores are shared;"
                    + " 0s: the kernel's.")
            .defaultValue(Profile.SHARED, Duration.ofNanos(100_000))
            .defaultValue(Profile.DEDICATED, Duration.ZERO)
            .rule(new ConfigRule<>(
                    "0s, or 100us to 100ms",
                    slice -> slice.isZero()
                            || slice.compareTo(Duration.ofNanos(100_000)) >= 0
                                    && slice.compareTo(Duration.ofMillis(100)) <= 0))
            .build();

    /** Threshold of slow duty cycles. */
    public static final ConfigKey<Duration> SLOW_CYCLE = ConfigKey.ofDuration("agent.slow-cycle")
            .doc("Duty cycles longer than this are counted as stalls.")
            .defaultValue(Profile.SHARED, Duration.ofMillis(5))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(1))
            .rule(ConfigRule.durationRange(Duration.ofNanos(1_000), Duration.ofMinutes(1)))
            .build();

    /** How a gateway thread waits. */
    public enum GatewayIdle {
        /** In epoll, woken by what it waits for. */
        BLOCK,
        /** Never: it polls. */
        SPIN
    }

    private ThreadKeys() {}

    private static ConfigKey<String> idle(
            final String name, final String who, final String shared, final String dedicated) {
        return ConfigKey.ofString(name)
                .doc("How " + who + " wait for work.")
                .defaultValue(Profile.SHARED, shared)
                .defaultValue(Profile.DEDICATED, dedicated)
                .rule(ConfigRule.oneOf(IdleStrategies.NAMES))
                .build();
    }

    private static ConfigKey<List<Integer>> cores(final String name, final String who) {
        return ConfigKey.ofIntList(name)
                .doc("Cores of the " + who + "; empty: any.")
                .defaultValue(List.of())
                .build();
    }
}
