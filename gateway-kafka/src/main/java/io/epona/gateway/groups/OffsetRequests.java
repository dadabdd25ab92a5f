package io.epona.gateway.groups;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.TopicInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.TxnOffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * Requests about committed offsets: what is of no topic or partition that exists is answered here, the rest by the
 * coordinator. Stateless.
 */
final class OffsetRequests {
    private final ClusterController controller;

    OffsetRequests(final ClusterController controller) {
        this.controller = controller;
    }

    CompletionStage<ApiMessage> commit(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final OffsetCommitRequestData request) {
        final boolean byId = OffsetCommitResponse.useTopicIds((short) context.requestVersion());
        final ClusterImage image = controller.image();
        final OffsetCommitResponse.Builder response = OffsetCommitResponse.newBuilder(byId);
        final List<OffsetCommitRequestTopic> known = new ArrayList<>();
        for (final OffsetCommitRequestTopic topic : request.topics()) {
            final TopicInfo info = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
            if (info == null) {
                response.addPartitions(
                        topic.topicId(),
                        topic.name(),
                        topic.partitions(),
                        OffsetCommitRequestPartition::partitionIndex,
                        byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION);
                continue;
            }
            final List<OffsetCommitRequestPartition> partitions = new ArrayList<>();
            for (final OffsetCommitRequestPartition partition : topic.partitions()) {
                if (info.partition(partition.partitionIndex()) == null) {
                    response.addPartition(
                            topic.topicId(),
                            info.name(),
                            partition.partitionIndex(),
                            Errors.UNKNOWN_TOPIC_OR_PARTITION);
                } else {
                    partitions.add(partition);
                }
            }
            if (!partitions.isEmpty()) {
                known.add(new OffsetCommitRequestTopic()
                        .setTopicId(topic.topicId())
                        .setName(info.name())
                        .setPartitions(partitions));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(response.build().data());
        }
        final OffsetCommitRequestData ofKnown = request.duplicate().setTopics(known);
        return coordinator
                .commitOffsets(context, ofKnown, BufferSupplier.NO_CACHING)
                .thenApply(answer -> response.merge(answer).build().data());
    }

    CompletionStage<ApiMessage> commitInTransaction(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final TxnOffsetCommitRequestData request) {
        final ClusterImage image = controller.image();
        final TxnOffsetCommitResponse.Builder response = new TxnOffsetCommitResponse.Builder();
        final List<TxnOffsetCommitRequestTopic> known = new ArrayList<>();
        for (final TxnOffsetCommitRequestTopic topic : request.topics()) {
            final TopicInfo info = image.topic(topic.name());
            final List<TxnOffsetCommitRequestPartition> partitions = new ArrayList<>();
            for (final TxnOffsetCommitRequestPartition partition : topic.partitions()) {
                if (info == null || info.partition(partition.partitionIndex()) == null) {
                    response.addPartition(topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
                } else {
                    partitions.add(partition);
                }
            }
            if (!partitions.isEmpty()) {
                known.add(topic.duplicate().setPartitions(partitions));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(response.build().data());
        }
        return coordinator
                .commitTransactionalOffsets(context, request.duplicate().setTopics(known), BufferSupplier.NO_CACHING)
                .thenApply(answer -> response.merge(answer).build().data());
    }

    CompletionStage<ApiMessage> delete(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final OffsetDeleteRequestData request) {
        final ClusterImage image = controller.image();
        final OffsetDeleteResponse.Builder response = new OffsetDeleteResponse.Builder();
        final OffsetDeleteRequestData ofKnown = new OffsetDeleteRequestData().setGroupId(request.groupId());
        for (final OffsetDeleteRequestTopic topic : request.topics()) {
            final TopicInfo info = image.topic(topic.name());
            final List<OffsetDeleteRequestPartition> partitions = new ArrayList<>();
            for (final OffsetDeleteRequestPartition partition : topic.partitions()) {
                if (info == null || info.partition(partition.partitionIndex()) == null) {
                    response.addPartition(topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
                } else {
                    partitions.add(partition.duplicate());
                }
            }
            if (!partitions.isEmpty()) {
                ofKnown.topics()
                        .add(new OffsetDeleteRequestTopic()
                                .setName(topic.name())
                                .setPartitions(partitions));
            }
        }
        // A group that is not there is told even when none of the partitions is.
        return coordinator
                .deleteOffsets(context, ofKnown, BufferSupplier.NO_CACHING)
                .thenApply(answer -> answer.errorCode() == Errors.NONE.code()
                        ? response.merge(answer).build().data()
                        : answer);
    }

    CompletionStage<ApiMessage> fetch(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final OffsetFetchRequestData request) {
        final short version = (short) context.requestVersion();
        final List<CompletableFuture<OffsetFetchResponseGroup>> answers = new ArrayList<>();
        for (final OffsetFetchRequestGroup group : groups(request, version)) {
            answers.add(fetch(coordinator, context, group, request.requireStable()));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> new OffsetFetchResponse.Builder(
                                answers.stream().map(CompletableFuture::join).toList())
                        .build(version)
                        .data());
    }

    private static List<OffsetFetchRequestGroup> groups(final OffsetFetchRequestData request, final short version) {
        if (version >= OffsetFetchRequest.BATCH_MIN_VERSION) {
            return request.groups();
        }
        final List<OffsetFetchRequestTopics> topics = request.topics() == null
                ? null
                : request.topics().stream()
                        .map(topic -> new OffsetFetchRequestTopics()
                                .setName(topic.name())
                                .setPartitionIndexes(topic.partitionIndexes()))
                        .toList();
        return List.of(
                new OffsetFetchRequestGroup().setGroupId(request.groupId()).setTopics(topics));
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final OffsetFetchRequestGroup group,
            final boolean requireStable) {
        final boolean byId = OffsetFetchRequest.useTopicIds((short) context.requestVersion());
        final List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        if (byId && group.topics() != null) {
            group.setTopics(named(group.topics(), unknown));
        }
        return coordinator.fetchOffsets(context, group, requireStable).thenApply(answer -> {
            if (answer.errorCode() != Errors.NONE.code() || !byId) {
                return answer;
            }
            final List<OffsetFetchResponseTopics> topics = identified(answer.topics());
            topics.addAll(unknown);
            return answer.setTopics(topics);
        });
    }

    private List<OffsetFetchRequestTopics> named(
            final List<OffsetFetchRequestTopics> topics, final List<OffsetFetchResponseTopics> unknown) {
        final ClusterImage image = controller.image();
        final List<OffsetFetchRequestTopics> named = new ArrayList<>();
        for (final OffsetFetchRequestTopics topic : topics) {
            final TopicInfo info = image.topic(topic.topicId());
            if (info == null) {
                unknown.add(unknownTopic(topic));
            } else {
                named.add(topic.setName(info.name()));
            }
        }
        return named;
    }

    private static OffsetFetchResponseTopics unknownTopic(final OffsetFetchRequestTopics topic) {
        return new OffsetFetchResponseTopics()
                .setTopicId(topic.topicId())
                .setPartitions(topic.partitionIndexes().stream()
                        .map(partition -> new OffsetFetchResponsePartitions()
                                .setPartitionIndex(partition)
                                .setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET)
                                .setMetadata(OffsetFetchResponse.NO_METADATA)
                                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code()))
                        .toList());
    }

    /** Offsets of topics that are gone have no id that a client could read. */
    private List<OffsetFetchResponseTopics> identified(final List<OffsetFetchResponseTopics> topics) {
        final ClusterImage image = controller.image();
        final List<OffsetFetchResponseTopics> identified = new ArrayList<>();
        for (final OffsetFetchResponseTopics topic : topics) {
            final TopicInfo info = image.topic(topic.name());
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                identified.add(topic);
            } else if (info != null) {
                identified.add(topic.setTopicId(info.id()));
            }
        }
        return identified;
    }
}
