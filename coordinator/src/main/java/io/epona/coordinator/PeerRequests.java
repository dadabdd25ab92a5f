package io.epona.coordinator;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.Endpoint;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.PlaintextChannelBuilder;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.InterBrokerSendThread;
import org.apache.kafka.server.util.RequestAndCompletionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other nodes of the cell, through the Kafka protocol: to write markers to partitions that they lead, and about
 * transactions that they coordinate. A node answers one request of a connection after the other, and questions may wait
 * until markers are written: so each kind has connections and a thread of its own, which starts with the first request.
 * Any thread may ask.
 */
public final class PeerRequests
        implements MarkerSender.RemoteMarkers, TransactionVerifier.RemoteCoordinators, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(PeerRequests.class);
    private static final int REQUEST_TIMEOUT_MS = 5_000;
    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final int RECONNECT_MS = 20;
    private static final int MAX_RECONNECT_MS = 200;
    private static final int MAX_IN_FLIGHT = 100;
    private static final int BUFFER_LENGTH = 64 * 1024;
    private static final int MAX_IDLE_MS = 600_000;

    private final ClusterController controller;
    private final String listener;
    private final Requests markers = new Requests("transaction-markers");
    private final Requests questions = new Requests("transaction-questions");

    /**
     * Asks nobody yet.
     *
     * @param listener name of the listener through which nodes reach each other.
     */
    public PeerRequests(final ClusterController controller, final String listener) {
        this.controller = controller;
        this.listener = listener;
    }

    /** Requests of one kind. */
    private static final class Requests {
        private final ConcurrentLinkedQueue<RequestAndCompletionHandler> waiting = new ConcurrentLinkedQueue<>();
        private final String name;
        private Sender sender;
        private boolean isClosed;

        Requests(final String name) {
            this.name = name;
        }

        void add(final RequestAndCompletionHandler request) {
            waiting.add(request);
            wake();
        }

        private synchronized void wake() {
            if (sender == null && !isClosed) {
                sender = new Sender(name, client(name), waiting);
                sender.start();
            }
            if (sender != null) {
                sender.wakeup();
            }
        }

        void close() {
            final Sender present;
            synchronized (this) {
                isClosed = true;
                present = sender;
            }
            if (present != null) {
                try {
                    present.shutdown();
                } catch (final InterruptedException ex) {
                    Thread.currentThread().interrupt();
                    LOGGER.debug("interrupted while stopping", ex);
                }
            }
        }
    }

    /** Kafka's sender of requests between brokers. */
    private static final class Sender extends InterBrokerSendThread {
        private final ConcurrentLinkedQueue<RequestAndCompletionHandler> requests;

        Sender(
                final String name,
                final NetworkClient client,
                final ConcurrentLinkedQueue<RequestAndCompletionHandler> requests) {
            super(name, client, REQUEST_TIMEOUT_MS, Time.SYSTEM, true);
            this.requests = requests;
        }

        @Override
        public Collection<RequestAndCompletionHandler> generateRequests() {
            final List<RequestAndCompletionHandler> all = new ArrayList<>();
            for (RequestAndCompletionHandler next = requests.poll(); next != null; next = requests.poll()) {
                all.add(next);
            }
            return all;
        }
    }

    private static NetworkClient client(final String name) {
        final PlaintextChannelBuilder channels = new PlaintextChannelBuilder(ListenerName.normalised("PLAINTEXT"));
        channels.configure(Map.of());
        final LogContext log = new LogContext('[' + name + "] ");
        final Selector selector = new Selector(
                NetworkReceive.UNLIMITED,
                MAX_IDLE_MS,
                new Metrics(),
                Time.SYSTEM,
                name,
                Map.of(),
                false,
                channels,
                log);
        return new NetworkClient(
                selector,
                new ManualMetadataUpdater(),
                name,
                MAX_IN_FLIGHT,
                RECONNECT_MS,
                MAX_RECONNECT_MS,
                BUFFER_LENGTH,
                BUFFER_LENGTH,
                REQUEST_TIMEOUT_MS,
                CONNECT_TIMEOUT_MS,
                CONNECT_TIMEOUT_MS,
                Time.SYSTEM,
                true,
                new ApiVersions(),
                log,
                MetadataRecoveryStrategy.NONE);
    }

    /** The response, or null when there is none. */
    private CompletableFuture<ClientResponse> ask(
            final Requests requests,
            final int nodeId,
            final AbstractRequest.Builder<? extends AbstractRequest> request) {
        final BrokerInfo broker = controller.image().broker(nodeId);
        final Endpoint endpoint = broker == null || broker.fenced() ? null : broker.endpoint(listener);
        if (endpoint == null) {
            return CompletableFuture.completedFuture(null);
        }
        final CompletableFuture<ClientResponse> answer = new CompletableFuture<>();
        final Node node = new Node(nodeId, endpoint.host(), endpoint.port());
        requests.add(new RequestAndCompletionHandler(
                System.currentTimeMillis(),
                node,
                request,
                response -> answer.complete(response.hasResponse() ? response : null)));
        return answer;
    }

    @Override
    public CompletableFuture<Map<TopicPartition, Errors>> send(
            final int nodeId, final TransactionMarker marker, final List<TopicPartition> partitions) {
        final WriteTxnMarkersRequest.TxnMarkerEntry entry = new WriteTxnMarkersRequest.TxnMarkerEntry(
                marker.producerId(),
                marker.producerEpoch(),
                marker.coordinatorEpoch(),
                marker.isCommit() ? TransactionResult.COMMIT : TransactionResult.ABORT,
                partitions,
                marker.transactionVersion());
        return ask(markers, nodeId, new WriteTxnMarkersRequest.Builder(List.of(entry)))
                .thenApply(response -> {
                    final Map<TopicPartition, Errors> errors = new HashMap<>();
                    partitions.forEach(partition -> errors.put(partition, Errors.NETWORK_EXCEPTION));
                    if (response != null && response.responseBody() instanceof WriteTxnMarkersResponse written) {
                        errors.putAll(written.errorsByProducerId().getOrDefault(marker.producerId(), Map.of()));
                    }
                    return errors;
                });
    }

    @Override
    public CompletableFuture<Map<TopicPartition, Errors>> verify(
            final int nodeId, final Producer producer, final Set<TopicPartition> partitions, final boolean isAdd) {
        final AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        for (final TopicPartition partition : partitions) {
            AddPartitionsToTxnTopic topic = topics.find(partition.topic());
            if (topic == null) {
                topic = new AddPartitionsToTxnTopic().setName(partition.topic());
                topics.add(topic);
            }
            topic.partitions().add(partition.partition());
        }
        final AddPartitionsToTxnTransactionCollection transactions = new AddPartitionsToTxnTransactionCollection();
        transactions.add(new AddPartitionsToTxnTransaction()
                .setTransactionalId(producer.transactionalId())
                .setProducerId(producer.producerId())
                .setProducerEpoch(producer.producerEpoch())
                .setVerifyOnly(!isAdd)
                .setTopics(topics));
        return ask(questions, nodeId, AddPartitionsToTxnRequest.Builder.forBroker(transactions))
                .thenApply(response -> errorsOf(response, partitions));
    }

    private static Map<TopicPartition, Errors> errorsOf(
            final ClientResponse response, final Set<TopicPartition> partitions) {
        if (response == null || !(response.responseBody() instanceof AddPartitionsToTxnResponse added)) {
            return TransactionAdds.all(partitions, Errors.NETWORK_EXCEPTION);
        }
        final Errors whole = Errors.forCode(added.data().errorCode());
        final Map<TopicPartition, Errors> errors =
                TransactionAdds.all(partitions, whole == Errors.NONE ? Errors.UNKNOWN_SERVER_ERROR : whole);
        for (final AddPartitionsToTxnResult result : added.data().resultsByTransaction()) {
            for (final AddPartitionsToTxnTopicResult topic : result.topicResults()) {
                topic.resultsByPartition()
                        .forEach(one -> errors.put(
                                new TopicPartition(topic.name(), one.partitionIndex()),
                                Errors.forCode(one.partitionErrorCode())));
            }
        }
        return errors;
    }

    /** Asks nobody any more. */
    @Override
    public void close() {
        questions.close();
        markers.close();
    }
}
