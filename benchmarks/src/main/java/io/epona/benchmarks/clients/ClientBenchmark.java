package io.epona.benchmarks.clients;

/** Something that clients do, timed. */
interface ClientBenchmark {
    /**
     * Does it to one system, and adds one value to each figure. Leaves no client open.
     *
     * @throws Exception when the system answers wrongly, loses a record, or is not done within a minute: then there is
     *     no figure.
     */
    void measure(MeasuredSystem system, Figures figures) throws Exception;
}
