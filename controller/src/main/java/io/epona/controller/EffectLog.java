package io.epona.controller;

import java.io.IOException;
import java.util.List;

/** Makes what was decided durable, where the control log has not done so already. */
@FunctionalInterface
interface EffectLog {
    /** Of a log whose commands are durable before they are delivered, and decided again after a restart. */
    EffectLog NONE = records -> {};

    /**
     * Returns when the records are durable.
     *
     * @param records take effect together; not empty.
     * @throws IOException when they may not be durable; nothing more may be decided then.
     */
    void append(List<MetadataRecord> records) throws IOException;
}
