package io.epona.systemtests.cell;

/**
 * A node leads, then another one that lacks what a follower had acknowledged to the first, then the first again; copies
 * of the old acknowledgements come while the follower, whose log was cut meanwhile, hears nothing of the new epoch.
 * What other systems took for a quorum then (aeron PR 2147) needs all of this at once, which chance alone hardly
 * brings. One thread; one such story at a time.
 */
final class ReturnOfALeader {
    /** Of the three nodes the last that is elected. */
    private static final int FOLLOWER = 3;

    private static final long POLL_NS = 200_000;

    private final CellSimulation cell;
    private final World world;
    private int first;
    private int second;
    private int follower;
    private boolean isOver = true;
    private boolean hasSecondLed;
    private long followerEnd;
    private long firstEnd;

    ReturnOfALeader(final CellSimulation cell) {
        this.cell = cell;
        this.world = cell.world();
    }

    /** Begins with a node that leads; false when it does not, or a story is under way. */
    boolean begin(final int nodeId) {
        if (!isOver || nodeId == FOLLOWER || !leads(nodeId)) {
            return false;
        }
        // Elections go by the order of preference, which is that of the ids.
        first = nodeId;
        second = FOLLOWER - nodeId;
        follower = FOLLOWER;
        isOver = false;
        hasSecondLed = false;
        world.network().cut(first, second);
        world.network().echo(follower, first, true);
        final long lagNs = cell.plan().maxLagNs();
        after(world.chance().between(lagNs / 4, lagNs * 3 / 4), this::resign);
        world.timeline().after(6 * cell.plan().sessionTimeoutNs(), this::end);
        return true;
    }

    private boolean leads(final int nodeId) {
        final NodeLife life = cell.lifeOf(nodeId);
        return null != life && life.role.leadingEpoch().get() >= 0;
    }

    /** It is in sync and can be elected again, so it takes no more than the end of the other one's session. */
    private void resign() {
        final NodeLife life = cell.lifeOf(first);
        world.network().mend(first, second);
        if (!leads(first)) {
            end();
            return;
        }
        final int leaderEpoch = (int) life.role.leadingEpoch().get();
        life.controlBridge().controller().resignLane(CellPlan.LANE_ID, leaderEpoch, false);
    }

    /** A node has begun to lead. */
    void onLeader(final int nodeId) {
        if (isOver) {
            return;
        }
        if (nodeId == second && !hasSecondLed) {
            hasSecondLed = true;
            world.network().echo(follower, first, false);
            followerEnd = end(follower);
            firstEnd = end(first);
            after(POLL_NS, this::awaitCuts);
        } else if (nodeId == first && hasSecondLed) {
            world.network().cut(first, follower);
        } else if (nodeId == follower) {
            end();
        }
    }

    private long end(final int nodeId) {
        final NodeLife life = cell.lifeOf(nodeId);
        return null == life ? 0 : life.counters.appended().get();
    }

    /** As soon as both have cut what the second lacks, it is gone, before it has written much. */
    private void awaitCuts() {
        if (end(follower) < followerEnd && end(first) < firstEnd) {
            isolateSecond();
        } else {
            after(POLL_NS, this::awaitCuts);
        }
    }

    private void isolateSecond() {
        for (final int other : new int[] {first, follower}) {
            world.network().cut(second, other);
            world.network().cut(other, second);
        }
    }

    private void after(final long delayNs, final Runnable action) {
        world.timeline().after(delayNs, () -> {
            if (!isOver) {
                action.run();
            }
        });
    }

    /** All that was cut for the story is mended. */
    void end() {
        if (isOver) {
            return;
        }
        isOver = true;
        world.network().echo(follower, first, false);
        for (final int from : new int[] {first, second, follower}) {
            for (final int to : new int[] {first, second, follower}) {
                world.network().mend(from, to);
            }
        }
    }
}
