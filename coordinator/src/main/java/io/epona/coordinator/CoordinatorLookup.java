package io.epona.coordinator;

import io.epona.controller.PartitionInfo;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;

/** Tells which partition of an internal topic has the state of something; whoever leads it coordinates. Any thread. */
public interface CoordinatorLookup {
    /** What is looked up. */
    CoordinatorType keyType();

    /**
     * Looks up; makes the internal topic if it is not there yet.
     *
     * @param key name of the group or the transaction.
     * @return the partition as the newest metadata have it; exceptionally when there is none.
     */
    CompletionStage<PartitionInfo> find(String key);
}
