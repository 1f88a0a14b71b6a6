"""Users, tasks and waits."""
from .task import TaskSet, tag, task
from .users import User
