"""The benchmark of a referral's whole way: ours, a bare floor, and Celery with RabbitMQ."""
