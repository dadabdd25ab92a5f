package io.epona.node.cli;

import io.epona.node.Node;
import io.epona.node.config.CellKeys;
import io.epona.node.config.NodeSchema;
import io.epona.node.config.ServiceKeys;
import io.epona.node.config.StorageKeys;
import io.epona.runtime.config.ConfigException;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.ConfigSchema;
import io.epona.runtime.config.EponaConfig;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code epona start}: runs a node until SIGTERM or Ctrl-C. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = "Runs a node until SIGTERM or Ctrl-C.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:stopped cleanly",
            "1:refused to start; the message says why and what to do",
            "2:bad options or configuration",
            "3:stopped by itself to protect what it had promised",
            "130, 143:asked to stop, and not done in time; the next start recovers"
        })
public final class StartCommand implements Callable<Integer> {
    private static final int REFUSED = 1;
    private static final int BAD_CONFIGURATION = 2;

    @Option(names = "--config", paramLabel = "FILE", description = "HOCON (.conf), JSON or .properties file.")
    private Path file;

    @Option(names = "--dir", paramLabel = "DIR", description = "Data directory (data.dir).")
    private String directory;

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Kafka listener (kafka.listen).")
    private String listen;

    @Option(names = "--metrics", paramLabel = "HOST:PORT", description = "Metrics server (metrics.listen).")
    private String metrics;

    @Option(names = "--profile", paramLabel = "shared|dedicated", description = "Which defaults hold (profile).")
    private String profile;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Any configuration key; may be repeated.")
    private List<String> settings = List.of();

    @Option(
            names = "--cell",
            paramLabel = "3|5",
            description = "Run a whole cell on this machine, for trying it: a process for each node, its folder below"
                    + " --dir, Kafka and metrics on the given ports and those after them.")
    private Integer cellSize;

    @Option(names = "--print-config", description = "Print the effective configuration and end.")
    private boolean isPrintConfig;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        final PrintWriter err = spec.commandLine().getErr();
        final EponaConfig config;
        try {
            config = EponaConfig.load(NodeSchema.SCHEMA, Optional.ofNullable(file), overrides());
        } catch (final ConfigException ex) {
            err.println("epona start: " + ex.getMessage());
            return BAD_CONFIGURATION;
        }
        if (isPrintConfig) {
            spec.commandLine().getOut().print(config.render());
            spec.commandLine().getOut().flush();
            return 0;
        }
        return cellSize == null ? run(config, err) : runCell(config, err);
    }

    private int runCell(final EponaConfig config, final PrintWriter err) throws InterruptedException {
        if (file != null || (cellSize != 3 && cellSize != 5)) {
            err.println(
                    file != null
                            ? "epona start: --cell makes a configuration file for each node: not with --config"
                            : "epona start: a cell has 3 or 5 nodes: --cell " + cellSize);
            return BAD_CONFIGURATION;
        }
        try {
            final List<LocalCell.Member> members = LocalCell.prepare(
                    config.get(StorageKeys.DATA_DIR),
                    cellSize,
                    config.get(ServiceKeys.KAFKA_LISTEN),
                    config.get(ServiceKeys.METRICS_LISTEN));
            final List<String> passedOn = new ArrayList<>(settings);
            if (profile != null) {
                passedOn.add(ConfigSchema.PROFILE + "=" + profile);
            }
            return new LocalCellProcesses(members, passedOn, spec.commandLine().getOut(), err).run();
        } catch (final java.io.IOException ex) {
            err.println("epona start: " + describe(ex));
            return REFUSED;
        }
    }

    private int run(final EponaConfig config, final PrintWriter err) throws InterruptedException {
        final NodeProcess process = new NodeProcess(err);
        final Node node;
        try {
            node = Node.start(config, process);
        } catch (final RuntimeException | java.io.IOException ex) {
            err.println("epona start: " + describe(ex));
            return REFUSED;
        }
        process.stopOnSignal();
        final PrintWriter out = spec.commandLine().getOut();
        CellKeys.promise(config).ifPresent(promise -> out.println("epona: " + promise));
        out.println("epona: ready, kafka on " + node.kafkaAddress() + ", metrics on " + node.metricsAddress());
        out.flush();
        return process.awaitEnd(node, () -> {
            final Node again = Node.start(onSamePorts(node), process);
            out.println(
                    "epona: started anew, kafka on " + again.kafkaAddress() + ", metrics on " + again.metricsAddress());
            out.flush();
            return again;
        });
    }

    /** Ports that the system chose at the first start are kept. */
    private EponaConfig onSamePorts(final Node node) {
        final List<ConfigOverride> overrides = new ArrayList<>(overrides());
        overrides.add(ConfigOverride.ofOption(
                "--listen", ServiceKeys.KAFKA_LISTEN, node.kafkaAddress().toString()));
        overrides.add(ConfigOverride.ofOption(
                "--metrics", ServiceKeys.METRICS_LISTEN, node.metricsAddress().toString()));
        return EponaConfig.load(NodeSchema.SCHEMA, Optional.ofNullable(file), overrides);
    }

    private static String describe(final Throwable ex) {
        final StringBuilder text = new StringBuilder();
        for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
            final String message = messageOf(cause);
            if (text.indexOf(message) < 0) {
                text.append(text.isEmpty() ? "" : ": ").append(message);
            }
        }
        return text.toString();
    }

    /** Of some exceptions the message is nothing but a file's name. */
    private static String messageOf(final Throwable ex) {
        final boolean isNameOnly = ex instanceof final FileSystemException failure && failure.getReason() == null;
        return ex.getMessage() == null || isNameOnly ? ex.toString() : ex.getMessage();
    }

    private List<ConfigOverride> overrides() {
        final List<ConfigOverride> overrides = new ArrayList<>();
        if (profile != null) {
            overrides.add(ConfigOverride.ofOption("--profile", ConfigSchema.PROFILE, profile));
        }
        if (directory != null) {
            overrides.add(ConfigOverride.ofOption("--dir", StorageKeys.DATA_DIR, directory));
        }
        if (listen != null) {
            overrides.add(ConfigOverride.ofOption("--listen", ServiceKeys.KAFKA_LISTEN, listen));
        }
        if (metrics != null) {
            overrides.add(ConfigOverride.ofOption("--metrics", ServiceKeys.METRICS_LISTEN, metrics));
        }
        settings.forEach(setting -> overrides.add(ConfigOverride.ofSet(setting)));
        return overrides;
    }
}
