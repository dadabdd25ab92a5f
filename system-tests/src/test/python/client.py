"""What PythonClientTest makes a Python client (confluent-kafka, which is librdkafka) do. One mode a run; see main()."""

import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

# A node is restarted meanwhile, on machines that may be busy.
ANSWER_S = 120
IDLE_S = 120
TRANSACTION_MS = 200_000


# Back soon when the node is: by default librdkafka tries every 10 seconds after a while.
RECONNECT = {"reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500}


def say(*words):
    print(*words, flush=True)


def retried(call, *arguments):
    """As librdkafka asks for: a call that failed and says that it can be made again is made again."""
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            return call(*arguments)
        except KafkaException as ex:
            if not ex.args[0].retriable() or time.monotonic() > deadline:
                raise


def record_of(message):
    if message.error():
        raise KafkaException(message.error())
    return f"{message.partition()} {message.offset()} {message.value().decode()}"


def rewind(consumer):
    """Back to what is committed, as after a transaction that came to nothing."""
    for position in consumer.committed(consumer.assignment(), ANSWER_S):
        offset = position.offset if position.offset >= 0 else confluent_kafka.OFFSET_BEGINNING
        consumer.seek(TopicPartition(position.topic, position.partition, offset))


def positions_after(messages):
    """Of these messages alone, whatever became of the assignment since they came."""
    offsets = {(message.topic(), message.partition()): message.offset() + 1 for message in messages}
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]


def is_copied(consumer, source, producer, target, number):
    """One transaction of up to ten records; each third one is aborted. Whether there was anything to copy."""
    messages = consumer.consume(10, 1)
    messages = [message for message in messages if not message.error()]
    if not messages:
        return False
    producer.begin_transaction()
    try:
        for message in messages:
            producer.produce(target, message.value(), partition=message.partition())
        retried(
            producer.send_offsets_to_transaction,
            positions_after(messages),
            consumer.consumer_group_metadata(),
            ANSWER_S,
        )
        if number % 3 == 2:
            retried(producer.abort_transaction, ANSWER_S)
            rewind(consumer)
            say("aborted")
        else:
            retried(producer.commit_transaction, ANSWER_S)
            say("committed", len(messages))
    except KafkaException as ex:
        if not ex.args[0].txn_requires_abort():
            raise
        retried(producer.abort_transaction, ANSWER_S)
        rewind(consumer)
        say("aborted", ex)
    return True


def copy(bootstrap, source, target, group, transactional_id, count):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            **RECONNECT,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            **RECONNECT,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_MS,
        }
    )
    retried(producer.init_transactions, ANSWER_S)
    consumer.subscribe([source])
    number = 0
    deadline = time.monotonic() + IDLE_S
    while copied_by(consumer, source, group) < int(count):
        if is_copied(consumer, source, producer, target, number):
            number += 1
            deadline = time.monotonic() + IDLE_S
        elif time.monotonic() > deadline:
            raise TimeoutError("nothing to copy")
    consumer.close()


def copied_by(consumer, source, group):
    """Sum of the offsets that the group has committed."""
    assigned = consumer.assignment()
    if not assigned:
        return 0
    return sum(max(position.offset, 0) for position in consumer.committed(assigned, ANSWER_S))


def read(bootstrap, topic, partition_count, isolation):
    """Prints all that is there, in order of offsets in each partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            **RECONNECT,
            "group.id": "none",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": isolation,
        }
    )
    consumer.assign([TopicPartition(topic, i, confluent_kafka.OFFSET_BEGINNING) for i in range(int(partition_count))])
    ended = set()
    deadline = time.monotonic() + IDLE_S
    while len(ended) < int(partition_count):
        for message in consumer.consume(500, 1):
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                say("record", record_of(message))
        if time.monotonic() > deadline:
            raise TimeoutError("no end of the partitions")
    consumer.close()


def fence(bootstrap, topic, transactional_id):
    """A second producer of a transactional id ends the transaction of the first one, and the first one."""
    config = {"bootstrap.servers": bootstrap, **RECONNECT, "transactional.id": transactional_id}
    producers = [Producer(config) for _ in range(2)]
    for number, producer in enumerate(producers):
        retried(producer.init_transactions, ANSWER_S)
        producer.begin_transaction()
        producer.produce(topic, f"of {number}")
        producer.flush(ANSWER_S)
    try:
        producers[0].commit_transaction(ANSWER_S)
        say("not fenced")
    except KafkaException as ex:
        say("fenced", ex.args[0].name(), ex.args[0].fatal())
    retried(producers[1].commit_transaction, ANSWER_S)
    say("committed")


def administer(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    created = admin.create_topics([NewTopic(topic, 3, 1, config={"retention.ms": "1234567"})])
    created[topic].result(ANSWER_S)
    say("partitions", len(admin.list_topics(topic, ANSWER_S).topics[topic].partitions))
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    for described in admin.describe_configs([resource]).values():
        say("retention.ms", described.result(ANSWER_S)["retention.ms"].value)
    say("groups", *sorted(group.id for group in admin.list_groups(timeout=ANSWER_S)))
    admin.delete_topics([topic])[topic].result(ANSWER_S)
    say("deleted")


def main():
    modes = {mode.__name__: mode for mode in (copy, read, fence, administer)}
    say("version", confluent_kafka.version()[0], confluent_kafka.libversion()[0])
    if len(sys.argv) > 1:
        modes[sys.argv[1]](*sys.argv[2:])


main()
