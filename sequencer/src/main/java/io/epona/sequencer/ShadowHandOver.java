package io.epona.sequencer;

import io.epona.runtime.Signal;

/**
 * Mailbox through which a lane that becomes leader gets a copy of the state that its checkpoint agent keeps: a follower
 * applies nothing itself, and a leader needs the state of all frames.
 *
 * <p>The lane's thread calls {@link #request} and {@link #take}, the agent's thread {@link #isPending} and
 * {@link #answer}. Wait-free; only the copy itself allocates. A request replaces the one before.
 */
public final class ShadowHandOver {
    private record Answer(long generation, LaneState state) {}

    private final Signal onRequest;
    private final Signal onAnswer;
    private volatile long requestedGeneration;
    private volatile Answer answer = new Answer(0, null);

    /**
     * An empty mailbox.
     *
     * @param onRequest wakes the checkpoint agent's thread.
     * @param onAnswer wakes the lane.
     */
    public ShadowHandOver(final Signal onRequest, final Signal onAnswer) {
        this.onRequest = onRequest;
        this.onAnswer = onAnswer;
    }

    /** A mailbox that nobody is woken by: for a lane that leads from the start, and for tests. */
    public static ShadowHandOver silent() {
        return new ShadowHandOver(Signal.NONE, Signal.NONE);
    }

    /**
     * The lane asks for a copy.
     *
     * @return generation of the request.
     */
    long request() {
        final long generation = requestedGeneration + 1;
        requestedGeneration = generation;
        onRequest.signal();
        return generation;
    }

    /**
     * The lane takes the copy, which is its alone from then on.
     *
     * @param generation that {@link #request} returned.
     * @return the state, or null while there is no answer to that request.
     */
    LaneState take(final long generation) {
        final Answer given = answer;
        if (given.generation != generation || given.state == null) {
            return null;
        }
        answer = new Answer(generation, null);
        return given.state;
    }

    /** The agent asks whether somebody waits. */
    boolean isPending() {
        return answer.generation != requestedGeneration;
    }

    /**
     * The agent answers.
     *
     * @param shadow is copied; it holds all frames below {@code checkpointApplied}.
     */
    void answer(final LaneState shadow) {
        final long generation = requestedGeneration;
        answer = new Answer(generation, shadow.copy());
        onAnswer.signal();
    }
}
