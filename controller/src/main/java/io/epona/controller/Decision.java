package io.epona.controller;

import java.util.List;

/**
 * What was decided about a command.
 *
 * @param records take effect together, in order; empty when nothing changes.
 * @param response the answer, valid once the records are durable.
 */
record Decision<R>(List<MetadataRecord> records, R response) {
    /** An answer that changes nothing. */
    static <R> Decision<R> of(R response) {
        return new Decision<>(List.of(), response);
    }
}
