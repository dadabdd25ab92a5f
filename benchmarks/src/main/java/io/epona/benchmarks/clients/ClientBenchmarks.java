package io.epona.benchmarks.clients;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.GroupProtocol;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Times what clients do with groups and transactions, against one running system or several in turn. */
@Command(
        name = "epona bench clients",
        mixinStandardHelpOptions = true,
        description = "Times what clients do with groups and transactions, against one running system or several in"
                + " turn. Exit status 1 when a system answered wrongly or not at all.")
public final class ClientBenchmarks implements Callable<Integer> {
    private enum Part {
        TRANSACTIONS,
        REBALANCE,
        IDLE_GROUPS;

        static Part parse(final String text) {
            return Arrays.stream(values())
                    .filter(part -> part.toString().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(
                            "there is no such part: part=" + text + ", parts=" + List.of(values())));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--system",
            required = true,
            paramLabel = "NAME=HOST:PORT",
            description = "A running system; repeat it to compare with the first one.")
    private List<MeasuredSystem> systems;

    @Option(names = "--rounds", defaultValue = "3", description = "Measured rounds, after one that is not.")
    private int roundCount;

    @Option(names = "--groups", defaultValue = "5000", description = "How many idle groups.")
    private int groupCount;

    @Parameters(
            arity = "0..*",
            paramLabel = "PART",
            description = "transactions, rebalance, idle-groups; all of them by default.")
    private List<Part> parts = List.of(Part.values());

    private ClientBenchmarks() {}

    /** Runs; see {@code --help}. */
    public static void main(final String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new ClientBenchmarks())
                .registerConverter(Part.class, Part::parse)
                .registerConverter(MeasuredSystem.class, MeasuredSystem::parse);
    }

    @Override
    public Integer call() throws Exception {
        final Figures figures = new Figures();
        for (final ClientBenchmark benchmark :
                parts.stream().flatMap(part -> benchmarks(part).stream()).toList()) {
            for (int round = 0; round <= roundCount; round++) {
                for (final MeasuredSystem system : systems) {
                    benchmark.measure(system, round == 0 ? new Figures() : figures);
                }
            }
        }
        figures.print(System.out);
        return 0;
    }

    private List<ClientBenchmark> benchmarks(final Part part) {
        return switch (part) {
            case TRANSACTIONS -> List.of(new TransactionBenchmark());
            case REBALANCE ->
                List.of(new RebalanceBenchmark(GroupProtocol.CLASSIC), new RebalanceBenchmark(GroupProtocol.CONSUMER));
            case IDLE_GROUPS -> List.of(new IdleGroupsBenchmark(groupCount));
        };
    }
}
