"""Analytics: numbers with one definition each."""

from whop_crm.filters import Period, last_days
from whop_crm.services.analytics.metrics import METRICS
from whop_crm.services.analytics.queries import dashboard
from whop_crm.services.analytics.schemas import MetricKey, MetricUnit, MetricValue

__all__ = ["METRICS", "MetricKey", "MetricUnit", "MetricValue", "Period", "dashboard", "last_days"]
