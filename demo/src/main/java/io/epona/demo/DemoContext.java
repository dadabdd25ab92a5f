package io.epona.demo;

import io.epona.runtime.NodeClock;
import java.io.PrintWriter;
import java.util.concurrent.ThreadFactory;

/**
 * What a demo works with.
 *
 * @param clock for all latencies
 * @param threads makes its threads
 * @param out standard output
 * @param isTerminal whether text on it can be overwritten
 */
public record DemoContext(NodeClock clock, ThreadFactory threads, PrintWriter out, boolean isTerminal) {}
