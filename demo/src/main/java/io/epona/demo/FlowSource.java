package io.epona.demo;

import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.LobsterFile;
import io.epona.demo.flow.MergedFlow;
import io.epona.demo.flow.OrderFlow;
import io.epona.demo.flow.Schedule;
import io.epona.demo.flow.synthetic.SymbolProfile;
import io.epona.demo.flow.synthetic.SyntheticFlow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Where the events come from, and how they are played. Immutable.
 *
 * @param inputs LOBSTER message files; when there is none, the flow is made from the seed
 * @param seed of a made flow
 * @param schedule when each event is due
 * @param seconds that the run takes at most
 */
public record FlowSource(List<Path> inputs, long seed, Schedule schedule, int seconds) {
    /** Checks the length of the run. */
    public FlowSource {
        if (seconds < 1) {
            throw new IllegalArgumentException("a run takes at least a second: seconds=" + seconds);
        }
        inputs = List.copyOf(inputs);
    }

    /**
     * What will be played.
     *
     * @param events that are due within the run
     * @param symbols that they are of
     * @param endsEarly when the input ends before the run does
     */
    public record Extent(long events, Set<String> symbols, boolean endsEarly) {}

    /**
     * Opens the flow at its first event.
     *
     * @throws FlowException when a file cannot be read
     */
    public OrderFlow open() throws FlowException {
        if (inputs.isEmpty()) {
            return new SyntheticFlow(seed, SyntheticFlow.MARKET);
        }
        final List<LobsterFile> files = new ArrayList<>();
        final Set<String> symbols = new TreeSet<>();
        try {
            for (final Path input : inputs) {
                final LobsterFile file = LobsterFile.open(input);
                files.add(file);
                if (!symbols.add(file.symbol())) {
                    throw new FlowException(input + ": there is another file of " + file.symbol()
                            + "; files played together must be of different symbols");
                }
            }
        } catch (final FlowException ex) {
            for (final LobsterFile file : files) {
                file.close();
            }
            throw ex;
        }
        return new MergedFlow(files);
    }

    /**
     * Reads through what will be played, so that a bad line is known before anything starts.
     *
     * @throws FlowException when it cannot be read, or there is nothing to play
     */
    public Extent examine() throws FlowException {
        final Set<String> symbols = new TreeSet<>();
        long events = 0;
        try (OrderFlow flow = open()) {
            FlowEvent event = flow.next();
            final long firstNs = event == null ? 0 : event.exchangeTimeNs();
            while (event != null && schedule.dueNs(events, event.exchangeTimeNs() - firstNs) < durationNs()) {
                symbols.add(event.symbol());
                events++;
                event = flow.next();
            }
            if (events == 0) {
                throw new FlowException(describeInputs() + ": there is no event in it");
            }
            return new Extent(events, symbols, event == null);
        }
    }

    /** Length of the run. */
    public long durationNs() {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    /** For people: where the events come from and how they are played. */
    public String describe() {
        final String origin = inputs.isEmpty()
                ? "made from seed " + seed + " ("
                        + SyntheticFlow.MARKET.stream()
                                .map(SymbolProfile::symbol)
                                .collect(Collectors.joining(", "))
                        + ")"
                : describeInputs();
        return origin + ", " + schedule.describe();
    }

    private String describeInputs() {
        return inputs.stream().map(Path::toString).collect(Collectors.joining(", "));
    }
}
