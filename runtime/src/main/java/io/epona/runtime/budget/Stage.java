package io.epona.runtime.budget;

import java.util.concurrent.TimeUnit;

/**
 * The stages of a record's way through Epona, their budgets, and the parts that are recorded inside them.
 *
 * <p>{@link #PRODUCE}, {@link #COMMIT}, {@link #DELIVER}, {@link #PROCESS} and {@link #RESERVE} follow each other and
 * add up to {@link #END_TO_END}. Each part lies inside its {@link #parent()}; {@link #ACKNOWLEDGE} runs beside the
 * deliver stage and is in no sum.
 */
public enum Stage {
    /** Producer's time stamp to: the gateway has the whole request. */
    PRODUCE("produce", 5, null),
    /** The gateway has the request to: committed, that is durable on the in-sync replicas. */
    COMMIT("commit", 10, null),
    /** The gateway has the request to: the lane has appended the frame to its log ring. */
    SEQUENCE("sequence", 0, COMMIT),
    /** Appended to: durable on this node, so waiting for the writer and the write itself. */
    JOURNAL("journal", 0, COMMIT),
    /** One blocking device write, whatever number of records it carries. */
    DEVICE_WRITE("device-write", 0, JOURNAL),
    /** Appended to: durable on the other in-sync replicas; beside the journal stage. */
    REPLICATE("replicate", 0, COMMIT),
    /** Committed to: the fetch response or feed frame is handed to the network. */
    DELIVER("deliver", 5, null),
    /** Committed to: the produce response is handed to the network; beside the deliver stage. */
    ACKNOWLEDGE("acknowledge", 0, null),
    /** The consumer has the record to: the consumer is done with it. */
    PROCESS("process", 50, null),
    /** Everything between the other stages: network, queues, pauses. */
    RESERVE("reserve", 30, null),
    /** Producer's time stamp to: the consumer is done. */
    END_TO_END("end-to-end", 100, null);

    private static final Stage[] VALUES = values();

    private final String label;
    private final long budgetNs;
    private final Stage parent;

    Stage(final String label, final long budgetMs, final Stage parent) {
        this.label = label;
        this.budgetNs = TimeUnit.MILLISECONDS.toNanos(budgetMs);
        this.parent = parent;
    }

    /** Name in tables, tags, metrics. */
    public String label() {
        return label;
    }

    /** Budget in nanoseconds; 0 for what has none of its own. */
    public long budgetNs() {
        return budgetNs;
    }

    /** True when the stage has a budget of its own. */
    public boolean hasBudget() {
        return budgetNs > 0;
    }

    /** True when the time is above the stage's own budget; never for what has none. */
    public boolean isBreachedBy(final long elapsedNs) {
        return budgetNs > 0 && elapsedNs > budgetNs;
    }

    /** The stage that this one is a part of, or null. */
    public Stage parent() {
        return parent;
    }

    /** Levels below a stage without a parent. */
    public int depth() {
        return null == parent ? 0 : parent.depth() + 1;
    }

    /** True for the stages that follow each other and add up to {@link #END_TO_END}. */
    public boolean isInSum() {
        return switch (this) {
            case PRODUCE, COMMIT, DELIVER, PROCESS, RESERVE -> true;
            default -> false;
        };
    }

    /** The stage with that ordinal, without the copy that {@code values()} makes. */
    public static Stage of(final int ordinal) {
        return VALUES[ordinal];
    }

    /** Number of stages. */
    public static int count() {
        return VALUES.length;
    }

    /**
     * The stage with that label.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Stage ofLabel(final String label) {
        for (final Stage stage : VALUES) {
            if (stage.label.equals(label)) {
                return stage;
            }
        }
        throw new IllegalArgumentException("no such stage: label=" + label);
    }
}
