package io.epona.gateway.transactions;

import io.epona.controller.ClusterController;
import io.epona.coordinator.TransactionCoordinator;
import io.epona.coordinator.TransactionCoordinator.Producer;
import io.epona.coordinator.TransactionCoordinators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * AddPartitionsToTxn: of one transaction from clients, of many from nodes, which add or verify what they got batches
 * for. Stateless.
 */
final class AddPartitions {
    private static final short FIRST_VERSION_OF_NODES = 4;
    private static final short FIRST_VERSION_WITH_BUMP = 5;

    private final TransactionCoordinators coordinators;
    private final ClusterController controller;

    AddPartitions(final TransactionCoordinators coordinators, final ClusterController controller) {
        this.coordinators = coordinators;
        this.controller = controller;
    }

    CompletableFuture<ApiMessage> ask(final AddPartitionsToTxnRequestData request, final short version) {
        return coordinators.service().thenCompose(coordinator -> ask(coordinator, request, version));
    }

    private CompletableFuture<ApiMessage> ask(
            final TransactionCoordinator coordinator,
            final AddPartitionsToTxnRequestData request,
            final short version) {
        if (version < FIRST_VERSION_OF_NODES) {
            final Producer producer = new Producer(
                    request.v3AndBelowTransactionalId(),
                    request.v3AndBelowProducerId(),
                    request.v3AndBelowProducerEpoch());
            final Set<TopicPartition> partitions = partitions(request.v3AndBelowTopics());
            return add(partitions, () -> coordinator.addPartitions(producer, partitions, TransactionVersion.TV_0))
                    .thenApply(errors ->
                            new AddPartitionsToTxnResponseData().setResultsByTopicV3AndBelow(results(errors, version)));
        }
        final List<CompletableFuture<AddPartitionsToTxnResult>> results = new ArrayList<>();
        request.transactions().forEach(transaction -> results.add(one(coordinator, transaction, version)));
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    final AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
                    results.forEach(result -> response.resultsByTransaction().add(result.join()));
                    return response;
                });
    }

    private CompletableFuture<AddPartitionsToTxnResult> one(
            final TransactionCoordinator coordinator,
            final AddPartitionsToTxnTransaction transaction,
            final short version) {
        final Producer producer =
                new Producer(transaction.transactionalId(), transaction.producerId(), transaction.producerEpoch());
        final Set<TopicPartition> partitions = partitions(transaction.topics());
        final TransactionVersion clientVersion =
                version >= FIRST_VERSION_WITH_BUMP ? TransactionVersion.TV_2 : TransactionVersion.TV_0;
        final CompletableFuture<Map<TopicPartition, Errors>> errors = transaction.verifyOnly()
                ? coordinator.verifyPartitions(producer, partitions)
                : add(partitions, () -> coordinator.addPartitionsForNode(producer, partitions, clientVersion));
        return errors.thenApply(known -> new AddPartitionsToTxnResult()
                .setTransactionalId(transaction.transactionalId())
                .setTopicResults(results(known, version)));
    }

    /** All or none: a partition that is not there keeps the others out. */
    private CompletableFuture<Map<TopicPartition, Errors>> add(
            final Set<TopicPartition> partitions, final Supplier<CompletableFuture<Errors>> question) {
        final Map<TopicPartition, Errors> errors = new HashMap<>();
        boolean isAnyUnknown = false;
        for (final TopicPartition partition : partitions) {
            final boolean isKnown = TransactionHandlers.exists(controller, partition.topic(), partition.partition());
            isAnyUnknown |= !isKnown;
            errors.put(partition, isKnown ? Errors.OPERATION_NOT_ATTEMPTED : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (isAnyUnknown) {
            return CompletableFuture.completedFuture(errors);
        }
        return question.get().thenApply(error -> {
            errors.replaceAll((partition, before) -> error);
            return errors;
        });
    }

    private static Set<TopicPartition> partitions(final Iterable<AddPartitionsToTxnTopic> topics) {
        final Set<TopicPartition> partitions = new LinkedHashSet<>();
        topics.forEach(topic ->
                topic.partitions().forEach(number -> partitions.add(new TopicPartition(topic.name(), number))));
        return partitions;
    }

    private static AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection results(
            final Map<TopicPartition, Errors> errors, final short version) {
        final AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection results =
                new AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection();
        errors.forEach((partition, error) -> {
            AddPartitionsToTxnTopicResult topic = results.find(partition.topic());
            if (topic == null) {
                topic = new AddPartitionsToTxnTopicResult().setName(partition.topic());
                results.add(topic);
            }
            topic.resultsByPartition()
                    .add(new AddPartitionsToTxnPartitionResult()
                            .setPartitionIndex(partition.partition())
                            .setPartitionErrorCode(
                                    TransactionHandler.errorFor(error, version).code()));
        });
        return results;
    }
}
