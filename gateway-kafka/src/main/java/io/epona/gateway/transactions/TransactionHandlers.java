package io.epona.gateway.transactions;

import io.epona.controller.ClusterController;
import io.epona.controller.TopicInfo;
import io.epona.coordinator.CoordinatorLookup;
import io.epona.coordinator.TransactionCoordinator.Producer;
import io.epona.coordinator.TransactionCoordinators;
import io.epona.coordinator.TransactionMarker;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.common.TransactionVersion;

/** The handlers of the APIs of transactions. */
public final class TransactionHandlers {
    /** EndTxn version from which clients take another epoch out of the answer. */
    private static final short FIRST_END_WITH_EPOCH = 5;

    private final TransactionCoordinators coordinators;
    private final CoordinatorLookup groups;

    private TransactionHandlers(final TransactionCoordinators coordinators, final CoordinatorLookup groups) {
        this.coordinators = coordinators;
        this.groups = groups;
    }

    /**
     * Makes one handler per API, for one gateway thread.
     *
     * @param coordinators of the node.
     * @param groups tells which partition has a group's offsets.
     * @param controller the cluster's metadata.
     */
    public static List<RequestHandler> create(
            final TransactionCoordinators coordinators,
            final CoordinatorLookup groups,
            final ClusterController controller) {
        final TransactionHandlers handlers = new TransactionHandlers(coordinators, groups);
        final AddPartitions add = new AddPartitions(coordinators, controller);
        return List.of(
                new TransactionHandler<AddPartitionsToTxnRequestData>(ApiKeys.ADD_PARTITIONS_TO_TXN, add::ask),
                new TransactionHandler<AddOffsetsToTxnRequestData>(ApiKeys.ADD_OFFSETS_TO_TXN, handlers::addOffsets),
                new TransactionHandler<EndTxnRequestData>(ApiKeys.END_TXN, handlers::end),
                new TransactionHandler<WriteTxnMarkersRequestData>(ApiKeys.WRITE_TXN_MARKERS, handlers::writeMarkers),
                new TransactionHandler<DescribeTransactionsRequestData>(
                        ApiKeys.DESCRIBE_TRANSACTIONS, handlers::describe),
                new TransactionHandler<ListTransactionsRequestData>(ApiKeys.LIST_TRANSACTIONS, handlers::list));
    }

    private CompletableFuture<ListTransactionsResponseData> list(
            final ListTransactionsRequestData request, final short version) {
        return coordinators.hasState()
                ? coordinators.service().thenCompose(coordinator -> coordinator.list(request))
                : CompletableFuture.completedFuture(new ListTransactionsResponseData());
    }

    private CompletableFuture<ApiMessage> addOffsets(final AddOffsetsToTxnRequestData request, final short version) {
        final Producer producer =
                new Producer(request.transactionalId(), request.producerId(), request.producerEpoch());
        return groups.find(request.groupId())
                .toCompletableFuture()
                .thenCompose(partition -> coordinators
                        .service()
                        .thenCompose(coordinator -> coordinator.addPartitions(
                                producer, Set.of(partition.topicPartition()), TransactionVersion.TV_0)))
                .exceptionally(Errors::forException)
                .thenApply(error -> new AddOffsetsToTxnResponseData()
                        .setErrorCode(
                                TransactionHandler.errorFor(error, version).code()));
    }

    private CompletableFuture<ApiMessage> end(final EndTxnRequestData request, final short version) {
        final Producer producer =
                new Producer(request.transactionalId(), request.producerId(), request.producerEpoch());
        final TransactionVersion clientVersion =
                version >= FIRST_END_WITH_EPOCH ? TransactionVersion.TV_2 : TransactionVersion.TV_0;
        return coordinators
                .service()
                .thenCompose(coordinator -> coordinator.endTransaction(producer, request.committed(), clientVersion))
                .thenApply(answer -> {
                    final EndTxnResponseData response = new EndTxnResponseData()
                            .setErrorCode(TransactionHandler.errorFor(answer.error(), version)
                                    .code());
                    return version >= FIRST_END_WITH_EPOCH
                            ? response.setProducerId(answer.producerId()).setProducerEpoch(answer.producerEpoch())
                            : response;
                });
    }

    private CompletableFuture<ApiMessage> describe(final DescribeTransactionsRequestData request, final short version) {
        final List<CompletableFuture<DescribeTransactionsResponseData.TransactionState>> states =
                request.transactionalIds().stream().map(this::describeOne).toList();
        return CompletableFuture.allOf(states.toArray(CompletableFuture[]::new))
                .thenApply(done -> new DescribeTransactionsResponseData()
                        .setTransactionStates(
                                states.stream().map(CompletableFuture::join).toList()));
    }

    private CompletableFuture<DescribeTransactionsResponseData.TransactionState> describeOne(final String id) {
        return coordinators.hasState()
                ? coordinators.service().thenCompose(coordinator -> coordinator.describe(id))
                : CompletableFuture.completedFuture(new DescribeTransactionsResponseData.TransactionState()
                        .setTransactionalId(id)
                        .setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code()));
    }

    /** From other nodes' coordinators, and from an operator who ends what hangs. */
    private CompletableFuture<ApiMessage> writeMarkers(final WriteTxnMarkersRequestData request, final short version) {
        final List<CompletableFuture<WritableTxnMarkerResult>> results =
                request.markers().stream().map(this::write).toList();
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                .thenApply(done -> new WriteTxnMarkersResponseData()
                        .setMarkers(
                                results.stream().map(CompletableFuture::join).toList()));
    }

    private CompletableFuture<WritableTxnMarkerResult> write(final WritableTxnMarker asked) {
        final TransactionMarker marker = new TransactionMarker(
                asked.producerId(),
                asked.producerEpoch(),
                asked.coordinatorEpoch(),
                asked.transactionResult(),
                asked.transactionVersion());
        final Map<TopicPartition, CompletableFuture<Errors>> written = new HashMap<>();
        asked.topics()
                .forEach(topic -> topic.partitionIndexes().forEach(number -> {
                    final TopicPartition partition = new TopicPartition(topic.name(), number);
                    written.put(partition, coordinators.markers().write(partition, marker));
                }));
        return CompletableFuture.allOf(written.values().toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    final Map<String, WritableTxnMarkerTopicResult> topics = new HashMap<>();
                    written.forEach((partition, error) -> topics.computeIfAbsent(
                                    partition.topic(), name -> new WritableTxnMarkerTopicResult().setName(name))
                            .partitions()
                            .add(new WritableTxnMarkerPartitionResult()
                                    .setPartitionIndex(partition.partition())
                                    .setErrorCode(error.exceptionally(Errors::forException)
                                            .join()
                                            .code())));
                    return new WritableTxnMarkerResult()
                            .setProducerId(asked.producerId())
                            .setTopics(new ArrayList<>(topics.values()));
                });
    }

    /** Whether topics are there, for requests that name some. */
    static boolean exists(final ClusterController controller, final String topic, final int partition) {
        final TopicInfo info = controller.image().topic(topic);
        return info != null && info.partition(partition) != null;
    }
}
