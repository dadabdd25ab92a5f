package io.epona.node.cli;

import java.io.IOException;

/**
 * {@code epona} with its command's arguments, for a process that another one started and that must not outlive it: when
 * standard input ends, which it does when the other process dies, this one ends as it does on SIGTERM.
 */
final class AttachedNode {
    private AttachedNode() {}

    /** @param args as for {@link EponaCli} */
    public static void main(final String[] args) {
        Thread.ofPlatform().daemon().name("parent-watch").start(AttachedNode::endWithInput);
        EponaCli.main(args);
    }

    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // Nobody writes there; what is there anyway is passed over.
                continue;
            }
        } catch (final IOException ex) {
            System.err.println("epona: standard input cannot be watched: " + ex.getMessage());
            return;
        }
        System.exit(0);
    }
}
