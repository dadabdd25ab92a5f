package io.epona.demo;

import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.OrderFlow;
import io.epona.demo.flow.Schedule;
import io.epona.demo.flow.synthetic.SyntheticFlow;
import io.epona.demo.load.DeliveryResult;
import io.epona.demo.load.LoadRun;
import io.epona.demo.load.LoadSession;
import io.epona.demo.load.SendProgress;
import io.epona.demo.node.NodeFailedException;
import io.epona.demo.report.BreachBlame;
import io.epona.demo.report.Conditions;
import io.epona.demo.report.ConsoleView;
import io.epona.demo.report.Failover;
import io.epona.demo.report.HtmlReport;
import io.epona.demo.report.RunResult;
import io.epona.demo.report.RunResult.ProducerResult;
import io.epona.demo.report.Verdict;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import io.epona.runtime.budget.StageTable;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * A node, a load, a verdict. One thread runs it; any thread may stop it, and then the verdict is on what was sent until
 * then.
 */
public final class Demo {
    private static final double WARM_UP_RATE = 4_000;
    private static final int WARM_UP_SECONDS = 4;
    private static final long WARM_UP_SEED = 1;
    private static final long WARM_UP_TIMEOUT_S = 60;
    private static final long NOTABLE_LATE_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LOOK_MS = 5;

    private final DemoConfig config;
    private final DemoContext context;
    private final ConsoleView view;
    private final List<String> notes = new ArrayList<>();
    private volatile boolean isStopped;
    private volatile LoadSession stoppable;
    private volatile Thread interruptible;

    /**
     * A demo that has not begun.
     *
     * @param config what to do
     * @param context what to work with
     */
    public Demo(final DemoConfig config, final DemoContext context) {
        this.config = config;
        this.context = context;
        this.view = new ConsoleView(context.out(), context.isTerminal());
    }

    /**
     * Runs to the verdict.
     *
     * @return see {@link ExitStatus}
     * @throws DemoException when there can be no verdict
     */
    public int run() throws DemoException, InterruptedException {
        final FlowSource.Extent extent = examine();
        final RunResult result;
        try (Target target = start()) {
            view.note("node ready: " + target.describe());
            result = load(target, extent);
            final List<String> said = target.lastLines();
            if (!said.isEmpty()) {
                view.note("the node said:");
                view.block(said);
            }
        } catch (final NodeFailedException ex) {
            throw new DemoException(ExitStatus.NO_VERDICT, ex.getMessage(), ex);
        }
        return conclude(result);
    }

    /** Ends the sending; {@link #run()} then comes to its end. Any thread. */
    public void stop() {
        isStopped = true;
        final LoadSession session = stoppable;
        if (session != null) {
            session.stop();
        }
        final Thread starting = interruptible;
        if (starting != null) {
            starting.interrupt();
        }
    }

    private FlowSource.Extent examine() throws DemoException {
        try {
            final FlowSource.Extent extent = config.source().examine();
            view.note(String.format(
                    Locale.ROOT,
                    "%,d order events in %s: %s",
                    extent.events(),
                    extent.endsEarly()
                            ? "less than " + config.source().seconds() + " s"
                            : config.source().seconds() + " s",
                    config.source().describe()));
            if (extent.endsEarly()) {
                notes.add("The input ended before the run's " + config.source().seconds() + " s were over.");
            }
            return extent;
        } catch (final FlowException ex) {
            throw new DemoException(ExitStatus.USAGE, ex.getMessage(), ex);
        }
    }

    private Target start() throws NodeFailedException, InterruptedException, DemoException {
        interruptible = Thread.currentThread();
        try {
            if (config.bootstrap() == null) {
                view.note("starting " + config.startedWhat() + " ...");
            }
            return Target.open(config, context.threads());
        } catch (final InterruptedException ex) {
            throw stoppedEarly(ex);
        } finally {
            interruptible = null;
        }
    }

    private static DemoException stoppedEarly(final Exception cause) {
        return new DemoException(ExitStatus.NO_VERDICT, "stopped before the measured run began", cause);
    }

    private RunResult load(final Target target, final FlowSource.Extent extent)
            throws DemoException, NodeFailedException, InterruptedException {
        final String bootstrap = target.address().kafka();
        try (LoadSession session = LoadSession.open(bootstrap, context.clock(), context.threads())) {
            stoppable = session;
            warmUp(session, target);
            return measure(session, target, extent);
        } catch (final ExecutionException ex) {
            target.check();
            throw new DemoException(
                    ExitStatus.NO_VERDICT, "no Kafka service on " + bootstrap + ": " + reason(ex.getCause()), ex);
        } catch (final CompletionException ex) {
            target.check();
            throw new DemoException(ExitStatus.NO_VERDICT, "the consumer cannot go on: " + reason(ex.getCause()), ex);
        } finally {
            stoppable = null;
        }
    }

    /** Cold code is slow for a second; records sent here are checked, but not timed. */
    private void warmUp(final LoadSession session, final Target target)
            throws DemoException, NodeFailedException, InterruptedException {
        view.note("warming clients and node for " + WARM_UP_SECONDS + " s ...");
        final StageRecorder untold = new StageRecorder("warm-up", Stage.PROCESS, Stage.END_TO_END);
        try (OrderFlow flow = new SyntheticFlow(WARM_UP_SEED, SyntheticFlow.MARKET)) {
            final LoadRun run = session.begin(
                    flow, new Schedule.AtRate(WARM_UP_RATE), TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS), untold);
            final long deadlineNs = context.clock().nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_TIMEOUT_S);
            while (!isStopped && (!isEnded(run) || !run.isDrained())) {
                target.check();
                session.check();
                if (context.clock().nanoTime() - deadlineNs > 0) {
                    throw new DemoException(
                            ExitStatus.INEXACT,
                            String.format(
                                    Locale.ROOT,
                                    "of %,d records sent to warm up, only %,d came within %d s",
                                    run.progress().sent(),
                                    run.reception().count(),
                                    WARM_UP_TIMEOUT_S),
                            run.progress().failure());
                }
            }
            notes.add(String.format(
                    Locale.ROOT,
                    "%,d records were sent before the run, so that neither clients nor node are cold; they came back,"
                            + " and are not in the figures.",
                    run.progress().sent()));
        } catch (final FlowException ex) {
            throw new DemoException(ExitStatus.NO_VERDICT, ex.getMessage(), ex);
        }
        if (isStopped) {
            throw stoppedEarly(null);
        }
        System.gc(); // a collection of the warm-up's garbage is no part of the run
    }

    private static boolean isEnded(final LoadRun run) throws InterruptedException {
        try {
            run.ended().get(LOOK_MS, TimeUnit.MILLISECONDS);
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            return true;
        } catch (final TimeoutException ex) {
            return false;
        } catch (final ExecutionException ex) {
            throw new CompletionException(ex.getCause());
        }
    }

    private RunResult measure(final LoadSession session, final Target target, final FlowSource.Extent extent)
            throws DemoException, NodeFailedException, InterruptedException {
        final StageTimes times = new StageTimes(context.clock(), target.stages());
        final Map<String, String> conditions = conditions(target, extent);
        times.begin();
        final long collectionMs = Conditions.collectionMs();
        final long collectionCount = Conditions.collectionCount();
        try (OrderFlow flow = config.source().open()) {
            final LoadRun run = session.begin(
                    flow, config.source().schedule(), config.source().durationNs(), times.recorder());
            final MeasuredRun measured = new MeasuredRun(context.clock(), session, run, times);
            final Optional<NodeKill> kill = config.isKilling()
                    ? Optional.of(new NodeKill(target, run, config.source().durationNs(), context.clock(), view))
                    : Optional.empty();
            measured.watch(target, view, kill);
            times.report();
            times.refresh();
            times.collectBreaches();
            conditions.put(
                    "pauses of the clients' JVM",
                    (Conditions.collectionCount() - collectionCount) + " collections, "
                            + (Conditions.collectionMs() - collectionMs) + " ms in all");
            note(run, times);
            run.ended().join();
            return result(run, measured, times, conditions, kill.flatMap(NodeKill::result));
        } catch (final FlowException ex) {
            throw new DemoException(ExitStatus.USAGE, ex.getMessage(), ex);
        } catch (final CompletionException ex) {
            if (ex.getCause() instanceof final FlowException unreadable) {
                throw new DemoException(ExitStatus.USAGE, unreadable.getMessage(), unreadable);
            }
            throw ex;
        }
    }

    private Map<String, String> conditions(final Target target, final FlowSource.Extent extent) {
        final Map<String, String> conditions = new LinkedHashMap<>(Conditions.ofMachine());
        conditions.put("node", target.describe());
        conditions.put("node's data", target.storage());
        conditions.put(
                "clients",
                "kafka-clients " + AppInfoParser.getVersion() + ", acks=all, idempotent, linger.ms=0, one producer and"
                        + " one consumer");
        conditions.put("symbols", String.join(", ", extent.symbols()));
        conditions.put("command", config.commandLine());
        return conditions;
    }

    private void note(final LoadRun run, final StageTimes times) {
        if (isStopped) {
            notes.add("The run was stopped early; the verdict is on what was sent until then.");
        }
        if (run.progress().maxLateNs() > NOTABLE_LATE_NS) {
            notes.add("The machine was so busy that an event was handed to the producer "
                    + StageTable.duration(run.progress().maxLateNs())
                    + " after it was due; its latency counts from when it was due.");
        }
        if (times.isNodeKnown()) {
            notes.add("The node times batches (and each device write, whatever it carries), the consumer records.");
        } else {
            notes.add("Without the node's metrics address (--metrics) its stages are not known.");
        }
        times.problem().ifPresent(problem -> notes.add("Stage times of the node are missing or old: " + problem));
    }

    private RunResult result(
            final LoadRun run,
            final MeasuredRun measured,
            final StageTimes times,
            final Map<String, String> conditions,
            final Optional<Failover> failover) {
        final DeliveryResult delivery = run.reception().check().result(run.streams());
        final SendProgress progress = run.progress();
        final Exception failure = progress.failure();
        return new RunResult(
                config.source().describe(),
                Instant.ofEpochSecond(0, run.startNs()),
                measured.elapsedNs(),
                delivery,
                new ProducerResult(
                        progress.events(),
                        progress.acknowledged(),
                        progress.failed(),
                        failure == null ? null : reason(failure),
                        progress.maxLateNs()),
                times.all(),
                progress.acknowledgement(),
                measured.timeline(),
                run.reception().overBudgetCount(),
                run.reception().overBudgetCount() == 0 || !times.isNodeKnown()
                        ? Map.of()
                        : new BreachBlame(times.breaches())
                                .count(run.reception().overBudget()),
                conditions,
                List.copyOf(notes),
                failover);
    }

    private int conclude(final RunResult result) throws DemoException {
        final Verdict verdict = Verdict.of(result);
        view.block(List.of(""));
        view.block(StageTable.lines(result.stages()));
        view.block(List.of(""));
        view.block(result.notes());
        view.note("verdict: " + verdict.headline());
        view.block(verdict.lines());
        if (config.report() != null) {
            try {
                HtmlReport.write(config.report(), result, verdict);
                view.note("report: " + config.report());
            } catch (final IOException ex) {
                throw new DemoException(
                        ExitStatus.NO_VERDICT, "cannot write " + config.report() + ": " + reason(ex), ex);
            }
        }
        return verdict.exitStatus();
    }

    private static String reason(final Throwable ex) {
        return ex.getMessage() == null ? ex.toString() : ex.getMessage();
    }
}
