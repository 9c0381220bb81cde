// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A greenhouse behind generic netlink: sensors that measure, relays that switch.
 *
 * Nothing of it exists; its use is to show how a family of one's own is dissected. A measurement is
 * simulated by writing "ID VALUE" to /sys/kernel/nldemo/measure.
 */
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include <net/genetlink.h>

#include "nldemo.h"

#define SENSORS 96
#define RELAYS 4
#define READINGS 3
#define STATUS_ALL (NLDEMO_STATUS_ACTIVE | NLDEMO_STATUS_CALIBRATED | NLDEMO_STATUS_BATTERY_LOW)
#define MODE_ALL (NLDEMO_MODE_AUTOMATIC | NLDEMO_MODE_INVERTED | NLDEMO_MODE_LOCKED)

enum { GROUP_CHANGES, GROUP_ALARMS };

struct sensor {
	u32 id;
	char name[NLDEMO_NAME_LEN + 1];
	u8 kind;
	u32 status;
	u16 interval;
	s32 low, high;
	s32 readings[READINGS];
	u64 samples;
	u8 serial[5];
	u8 mac[ETH_ALEN];
	__be32 address;
	__be16 port;
};

struct relay {
	u32 id;
	char name[NLDEMO_NAME_LEN + 1];
	u8 position;
	u32 mode;
};

static struct sensor sensors[SENSORS];
static struct relay relays[RELAYS];
static unsigned int generation = 1;
static DEFINE_MUTEX(lock);
static struct genl_family family;

static bool beyond_limits(const struct sensor *s)
{
	return s->readings[0] < s->low || s->readings[0] > s->high;
}

static int put_limits(struct sk_buff *skb, const struct sensor *s)
{
	struct nlattr *nest = nla_nest_start(skb, NLDEMO_A_SENSOR_LIMITS);

	if (!nest || nla_put_s32(skb, NLDEMO_A_LIMITS_LOW, s->low) ||
	    nla_put_s32(skb, NLDEMO_A_LIMITS_HIGH, s->high))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_readings(struct sk_buff *skb, const struct sensor *s)
{
	struct nlattr *array = nla_nest_start(skb, NLDEMO_A_SENSOR_READINGS);

	if (!array)
		return -EMSGSIZE;
	for (int i = 0; i < READINGS; i++) {
		struct nlattr *item = nla_nest_start(skb, i + 1);

		if (!item || nla_put_u32(skb, NLDEMO_A_READING_AGE, i * s->interval) ||
		    nla_put_s32(skb, NLDEMO_A_READING_VALUE, s->readings[i]))
			return -EMSGSIZE;
		nla_nest_end(skb, item);
	}
	nla_nest_end(skb, array);
	return 0;
}

static int put_tags(struct sk_buff *skb, const struct sensor *s)
{
	static const char *const rows[] = { "north", "east", "south", "west" };

	return nla_put_string(skb, NLDEMO_A_SENSOR_TAG, rows[s->id % 4]) ||
	       nla_put_string(skb, NLDEMO_A_SENSOR_TAG, s->id % 2 ? "bench" : "floor");
}

static int put_sensor(struct sk_buff *skb, const struct sensor *s)
{
	const struct nldemo_calibration calibration = {
		.offset = -25, .gain_ppm = 1000000 + s->id, .year = 2024, .month = 5, .day = 17,
		.certificate = cpu_to_be32(0xc0de0000 + s->id),
	};

	if (nla_put_u32(skb, NLDEMO_A_SENSOR_ID, s->id) ||
	    nla_put_string(skb, NLDEMO_A_SENSOR_NAME, s->name) ||
	    nla_put_u8(skb, NLDEMO_A_SENSOR_KIND, s->kind) ||
	    nla_put_u32(skb, NLDEMO_A_SENSOR_STATUS, s->status) ||
	    nla_put_s32(skb, NLDEMO_A_SENSOR_VALUE, s->readings[0]) ||
	    nla_put_u16(skb, NLDEMO_A_SENSOR_INTERVAL, s->interval) ||
	    nla_put_u64_64bit(skb, NLDEMO_A_SENSOR_UPTIME, 3600000000000ULL * s->id,
			      NLDEMO_A_SENSOR_PAD) ||
	    nla_put_s64(skb, NLDEMO_A_SENSOR_DRIFT, -7LL * s->id, NLDEMO_A_SENSOR_PAD) ||
	    nla_put_uint(skb, NLDEMO_A_SENSOR_SAMPLES, s->samples) ||
	    nla_put_sint(skb, NLDEMO_A_SENSOR_TREND, s->readings[0] - s->readings[1]) ||
	    put_limits(skb, s) || put_readings(skb, s) || put_tags(skb, s) ||
	    nla_put(skb, NLDEMO_A_SENSOR_SERIAL, sizeof(s->serial), s->serial) ||
	    nla_put(skb, NLDEMO_A_SENSOR_MAC, sizeof(s->mac), s->mac) ||
	    nla_put_be32(skb, NLDEMO_A_SENSOR_ADDRESS, s->address) ||
	    nla_put_be16(skb, NLDEMO_A_SENSOR_PORT, s->port) ||
	    nla_put(skb, NLDEMO_A_SENSOR_CALIBRATION, sizeof(calibration), &calibration) ||
	    (beyond_limits(s) && nla_put_flag(skb, NLDEMO_A_SENSOR_ALARM)))
		return -EMSGSIZE;
	return 0;
}

static int put_alarm(struct sk_buff *skb, const struct sensor *s)
{
	if (nla_put_u32(skb, NLDEMO_A_SENSOR_ID, s->id) ||
	    nla_put_string(skb, NLDEMO_A_SENSOR_NAME, s->name) ||
	    nla_put_s32(skb, NLDEMO_A_SENSOR_VALUE, s->readings[0]) ||
	    put_limits(skb, s) || nla_put_flag(skb, NLDEMO_A_SENSOR_ALARM))
		return -EMSGSIZE;
	return 0;
}

static int put_windows(struct sk_buff *skb)
{
	static const u16 windows[][2] = { { 360, 600 }, { 1020, 1260 } };

	for (int i = 0; i < ARRAY_SIZE(windows); i++) {
		struct nlattr *nest = nla_nest_start(skb, NLDEMO_A_RELAY_WINDOW);

		if (!nest || nla_put_u16(skb, NLDEMO_A_WINDOW_FROM, windows[i][0]) ||
		    nla_put_u16(skb, NLDEMO_A_WINDOW_UNTIL, windows[i][1]))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int put_relay(struct sk_buff *skb, const struct relay *r)
{
	struct nlattr *follows;

	if (nla_put_u32(skb, NLDEMO_A_RELAY_ID, r->id) ||
	    nla_put_string(skb, NLDEMO_A_RELAY_NAME, r->name) ||
	    nla_put_u8(skb, NLDEMO_A_RELAY_POSITION, r->position) ||
	    nla_put_bitfield32(skb, NLDEMO_A_RELAY_MODE, r->mode, MODE_ALL))
		return -EMSGSIZE;
	follows = nla_nest_start(skb, NLDEMO_A_RELAY_FOLLOWS);
	if (!follows)
		return -EMSGSIZE;
	for (int i = 0; i < 3; i++)
		if (nla_put_u32(skb, i + 1, r->id + i * RELAYS))
			return -EMSGSIZE;
	nla_nest_end(skb, follows);
	return put_windows(skb);
}

/* What a message is about: its command, and the sensor or the relay that it tells of. */
struct subject {
	u8 cmd;
	const struct sensor *sensor;
	const struct relay *relay;
};

static int put_message(struct sk_buff *skb, u32 portid, u32 seq, int flags, struct netlink_callback *cb,
		       struct subject about)
{
	void *header = genlmsg_put(skb, portid, seq, &family, flags, about.cmd);
	int err;

	if (!header)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, header);
	if (about.cmd == NLDEMO_CMD_SENSOR_ALARM)
		err = put_alarm(skb, about.sensor);
	else if (about.sensor)
		err = put_sensor(skb, about.sensor);
	else
		err = put_relay(skb, about.relay);
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genlmsg_end(skb, header);
	return 0;
}

static struct sk_buff *new_message(u32 portid, u32 seq, struct subject about)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (skb && put_message(skb, portid, seq, 0, NULL, about)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int reply(struct genl_info *info, struct subject about)
{
	struct sk_buff *skb = new_message(info->snd_portid, info->snd_seq, about);

	return skb ? genlmsg_reply(skb, info) : -ENOMEM;
}

static void notify(struct genl_info *info, struct subject about)
{
	struct sk_buff *skb = new_message(info->snd_portid, info->snd_seq, about);

	if (skb)
		genl_notify(&family, skb, info, GROUP_CHANGES, GFP_KERNEL);
}

static void multicast(unsigned int group, struct subject about)
{
	struct sk_buff *skb = new_message(0, 0, about);

	if (skb)
		genlmsg_multicast(&family, skb, 0, group, GFP_KERNEL);
}

static struct sensor *find_sensor(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[NLDEMO_A_SENSOR_ID];
	u32 id;

	if (GENL_REQ_ATTR_CHECK(info, NLDEMO_A_SENSOR_ID))
		return ERR_PTR(-EINVAL);
	id = nla_get_u32(attr);
	if (id > SENSORS) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "there is no sensor %u", id);
		return ERR_PTR(-ENOENT);
	}
	return &sensors[id - 1];
}

static struct relay *find_relay(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[NLDEMO_A_RELAY_ID];
	u32 id;

	if (GENL_REQ_ATTR_CHECK(info, NLDEMO_A_RELAY_ID))
		return ERR_PTR(-EINVAL);
	id = nla_get_u32(attr);
	if (id > RELAYS) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "there is no relay %u", id);
		return ERR_PTR(-ENOENT);
	}
	return &relays[id - 1];
}

static int sensor_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sensor *s = find_sensor(info);

	if (IS_ERR(s))
		return PTR_ERR(s);
	guard(mutex)(&lock);
	return reply(info, (struct subject){ NLDEMO_CMD_SENSOR_GET, .sensor = s });
}

static int sensor_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *kind = genl_info_dump(cb)->attrs[NLDEMO_A_SENSOR_KIND];

	if (kind && nla_get_u8(kind) == NLDEMO_KIND_LIGHT) {
		NL_SET_ERR_MSG_ATTR(cb->extack, kind, "the light sensors are away for repair");
		return -ENODEV;
	}
	guard(mutex)(&lock);
	cb->seq = generation;
	for (; cb->args[0] < SENSORS; cb->args[0]++) {
		const struct sensor *s = &sensors[cb->args[0]];

		if (kind && nla_get_u8(kind) != s->kind)
			continue;
		if (put_message(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLM_F_MULTI, cb,
				(struct subject){ NLDEMO_CMD_SENSOR_GET, .sensor = s }))
			break;
	}
	return skb->len;
}

static int set_limits(struct sensor *s, struct nlattr **limits, struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	s32 low, high;

	if (NL_REQ_ATTR_CHECK(extack, nest, limits, NLDEMO_A_LIMITS_LOW) ||
	    NL_REQ_ATTR_CHECK(extack, nest, limits, NLDEMO_A_LIMITS_HIGH))
		return -EINVAL;
	low = nla_get_s32(limits[NLDEMO_A_LIMITS_LOW]);
	high = nla_get_s32(limits[NLDEMO_A_LIMITS_HIGH]);
	if (low > high) {
		NL_SET_ERR_MSG_ATTR(extack, limits[NLDEMO_A_LIMITS_HIGH],
				    "the high limit is below the low one");
		return -EINVAL;
	}
	s->low = low;
	s->high = high;
	return 0;
}

static const struct netlink_range_validation_signed limit_range = { .min = -100000, .max = 100000 };
static const struct netlink_range_validation interval_range = { .min = 10, .max = 60000 };

static const struct nla_policy limits_policy[] = {
	[NLDEMO_A_LIMITS_LOW] = { .type = NLA_S32 },
	[NLDEMO_A_LIMITS_HIGH] = NLA_POLICY_FULL_RANGE_SIGNED(NLA_S32, &limit_range),
};

static int sensor_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs, *nest = attrs[NLDEMO_A_SENSOR_LIMITS];
	struct nlattr *limits[__NLDEMO_A_LIMITS_COUNT];
	struct sensor *s = find_sensor(info);
	int err;

	if (IS_ERR(s))
		return PTR_ERR(s);
	guard(mutex)(&lock);
	if (nest) {
		err = nla_parse_nested(limits, __NLDEMO_A_LIMITS_COUNT - 1, nest, limits_policy,
				       info->extack) ?:
		      set_limits(s, limits, nest, info->extack);
		if (err)
			return err;
	}
	if (attrs[NLDEMO_A_SENSOR_NAME])
		nla_strscpy(s->name, attrs[NLDEMO_A_SENSOR_NAME], sizeof(s->name));
	if (attrs[NLDEMO_A_SENSOR_STATUS])
		s->status = nla_get_u32(attrs[NLDEMO_A_SENSOR_STATUS]);
	if (attrs[NLDEMO_A_SENSOR_SERIAL])
		nla_memcpy(s->serial, attrs[NLDEMO_A_SENSOR_SERIAL], sizeof(s->serial));
	if (attrs[NLDEMO_A_SENSOR_MAC])
		nla_memcpy(s->mac, attrs[NLDEMO_A_SENSOR_MAC], sizeof(s->mac));
	if (attrs[NLDEMO_A_SENSOR_ADDRESS])
		s->address = nla_get_be32(attrs[NLDEMO_A_SENSOR_ADDRESS]);
	if (attrs[NLDEMO_A_SENSOR_PORT])
		s->port = nla_get_be16(attrs[NLDEMO_A_SENSOR_PORT]);
	if (attrs[NLDEMO_A_SENSOR_INTERVAL]) {
		s->interval = nla_get_u16(attrs[NLDEMO_A_SENSOR_INTERVAL]);
		if (s->interval < 100)
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[NLDEMO_A_SENSOR_INTERVAL],
					    "so short an interval drains the battery");
	}
	generation++;
	nl_set_extack_cookie_u64(info->extack, generation);
	notify(info, (struct subject){ NLDEMO_CMD_SENSOR_NTF, .sensor = s });
	return 0;
}

static int relay_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct relay *r = find_relay(info);

	if (IS_ERR(r))
		return PTR_ERR(r);
	guard(mutex)(&lock);
	return reply(info, (struct subject){ NLDEMO_CMD_RELAY_GET, .relay = r });
}

static int relay_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	guard(mutex)(&lock);
	for (; cb->args[0] < RELAYS; cb->args[0]++)
		if (put_message(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLM_F_MULTI, NULL,
				(struct subject){ NLDEMO_CMD_RELAY_GET,
						  .relay = &relays[cb->args[0]] }))
			break;
	return skb->len;
}

static int relay_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct relay *r = find_relay(info);

	if (IS_ERR(r))
		return PTR_ERR(r);
	guard(mutex)(&lock);
	if (attrs[NLDEMO_A_RELAY_MODE]) {
		struct nla_bitfield32 mode = nla_get_bitfield32(attrs[NLDEMO_A_RELAY_MODE]);

		r->mode = (r->mode & ~mode.selector) | (mode.value & mode.selector);
	}
	if (attrs[NLDEMO_A_RELAY_POSITION]) {
		if (r->mode & NLDEMO_MODE_LOCKED) {
			NL_SET_ERR_MSG_FMT(info->extack, "relay %s is locked", r->name);
			return -EBUSY;
		}
		r->position = nla_get_u8(attrs[NLDEMO_A_RELAY_POSITION]);
	}
	notify(info, (struct subject){ NLDEMO_CMD_RELAY_NTF, .relay = r });
	return reply(info, (struct subject){ NLDEMO_CMD_RELAY_SET, .relay = r });
}

static const struct nla_policy reading_policy[] = {
	[NLDEMO_A_READING_AGE] = { .type = NLA_U32 },
	[NLDEMO_A_READING_VALUE] = { .type = NLA_S32 },
};

/* What is told of a sensor; of a request, the id and the kind count. */
static const struct nla_policy sensor_policy[] = {
	[NLDEMO_A_SENSOR_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[NLDEMO_A_SENSOR_NAME] = { .type = NLA_NUL_STRING, .len = NLDEMO_NAME_LEN },
	[NLDEMO_A_SENSOR_KIND] =
		NLA_POLICY_RANGE(NLA_U8, NLDEMO_KIND_TEMPERATURE, NLDEMO_KIND_SOIL_MOISTURE),
	[NLDEMO_A_SENSOR_STATUS] = NLA_POLICY_MASK(NLA_U32, STATUS_ALL),
	[NLDEMO_A_SENSOR_VALUE] = { .type = NLA_S32 },
	[NLDEMO_A_SENSOR_INTERVAL] = NLA_POLICY_FULL_RANGE(NLA_U16, &interval_range),
	[NLDEMO_A_SENSOR_UPTIME] = { .type = NLA_U64 },
	[NLDEMO_A_SENSOR_DRIFT] = { .type = NLA_S64 },
	[NLDEMO_A_SENSOR_SAMPLES] = { .type = NLA_UINT },
	[NLDEMO_A_SENSOR_TREND] = { .type = NLA_SINT },
	[NLDEMO_A_SENSOR_LIMITS] = NLA_POLICY_NESTED(limits_policy),
	[NLDEMO_A_SENSOR_READINGS] = NLA_POLICY_NESTED_ARRAY(reading_policy),
	[NLDEMO_A_SENSOR_TAG] = { .type = NLA_NUL_STRING, .len = NLDEMO_NAME_LEN },
	[NLDEMO_A_SENSOR_SERIAL] = NLA_POLICY_EXACT_LEN(5),
	[NLDEMO_A_SENSOR_MAC] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[NLDEMO_A_SENSOR_ADDRESS] = { .type = NLA_BE32 },
	[NLDEMO_A_SENSOR_PORT] = { .type = NLA_BE16 },
	[NLDEMO_A_SENSOR_CALIBRATION] = NLA_POLICY_EXACT_LEN(sizeof(struct nldemo_calibration)),
	[NLDEMO_A_SENSOR_ALARM] = { .type = NLA_FLAG },
};

static const struct nla_policy sensor_set_policy[] = {
	[NLDEMO_A_SENSOR_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[NLDEMO_A_SENSOR_NAME] = { .type = NLA_NUL_STRING, .len = NLDEMO_NAME_LEN },
	[NLDEMO_A_SENSOR_STATUS] = NLA_POLICY_MASK(NLA_U32, STATUS_ALL),
	[NLDEMO_A_SENSOR_INTERVAL] = NLA_POLICY_FULL_RANGE(NLA_U16, &interval_range),
	[NLDEMO_A_SENSOR_LIMITS] = NLA_POLICY_NESTED(limits_policy),
	[NLDEMO_A_SENSOR_SERIAL] = NLA_POLICY_EXACT_LEN(5),
	[NLDEMO_A_SENSOR_MAC] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[NLDEMO_A_SENSOR_ADDRESS] = { .type = NLA_BE32 },
	[NLDEMO_A_SENSOR_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy relay_policy[] = {
	[NLDEMO_A_RELAY_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[NLDEMO_A_RELAY_POSITION] = NLA_POLICY_MAX(NLA_U8, NLDEMO_POSITION_ON),
	[NLDEMO_A_RELAY_MODE] = NLA_POLICY_BITFIELD32(MODE_ALL),
};

static const struct genl_split_ops operations[] = {
	{ .cmd = NLDEMO_CMD_SENSOR_GET, .flags = GENL_CMD_CAP_DO, .doit = sensor_get_doit,
	  .policy = sensor_policy, .maxattr = ARRAY_SIZE(sensor_policy) - 1 },
	{ .cmd = NLDEMO_CMD_SENSOR_GET, .flags = GENL_CMD_CAP_DUMP, .dumpit = sensor_get_dumpit,
	  .policy = sensor_policy, .maxattr = ARRAY_SIZE(sensor_policy) - 1 },
	{ .cmd = NLDEMO_CMD_SENSOR_SET, .flags = GENL_CMD_CAP_DO | GENL_ADMIN_PERM,
	  .doit = sensor_set_doit,
	  .policy = sensor_set_policy, .maxattr = ARRAY_SIZE(sensor_set_policy) - 1 },
	{ .cmd = NLDEMO_CMD_RELAY_GET, .flags = GENL_CMD_CAP_DO, .doit = relay_get_doit,
	  .policy = relay_policy, .maxattr = NLDEMO_A_RELAY_ID },
	{ .cmd = NLDEMO_CMD_RELAY_GET, .flags = GENL_CMD_CAP_DUMP, .dumpit = relay_get_dumpit },
	{ .cmd = NLDEMO_CMD_RELAY_SET, .flags = GENL_CMD_CAP_DO | GENL_ADMIN_PERM,
	  .doit = relay_set_doit,
	  .policy = relay_policy, .maxattr = ARRAY_SIZE(relay_policy) - 1 },
};

static const struct genl_multicast_group groups[] = {
	[GROUP_CHANGES] = { .name = NLDEMO_MCGRP_CHANGES },
	[GROUP_ALARMS] = { .name = NLDEMO_MCGRP_ALARMS },
};

static struct genl_family family = {
	.name = NLDEMO_FAMILY_NAME,
	.version = NLDEMO_FAMILY_VERSION,
	.module = THIS_MODULE,
	.split_ops = operations,
	.n_split_ops = ARRAY_SIZE(operations),
	.resv_start_op = NLDEMO_CMD_SENSOR_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static ssize_t measure_store(struct kobject *kobj, struct kobj_attribute *attr, const char *text,
			     size_t size)
{
	struct sensor *s;
	s32 value;
	u32 id;

	if (sscanf(text, "%u %d", &id, &value) != 2 || id < 1 || id > SENSORS)
		return -EINVAL;
	guard(mutex)(&lock);
	s = &sensors[id - 1];
	memmove(&s->readings[1], s->readings, sizeof(s->readings) - sizeof(s->readings[0]));
	s->readings[0] = value;
	s->samples++;
	generation++;
	multicast(GROUP_CHANGES, (struct subject){ NLDEMO_CMD_SENSOR_NTF, .sensor = s });
	if (beyond_limits(s))
		multicast(GROUP_ALARMS, (struct subject){ NLDEMO_CMD_SENSOR_ALARM, .sensor = s });
	return size;
}

static struct kobj_attribute measure = __ATTR_WO(measure);
static struct kobject *directory;

static void furnish(void)
{
	static const char *const kinds[] = { "air", "vapour", "lamp", "soil" };
	static const char *const duties[RELAYS] = { "vent", "mist", "shade", "pump" };

	for (u32 i = 0; i < SENSORS; i++) {
		struct sensor *s = &sensors[i];

		*s = (struct sensor){
			.id = i + 1, .kind = i % 4 + 1, .interval = 1000 + 10 * i,
			.status = NLDEMO_STATUS_ACTIVE | (i % 3 ? NLDEMO_STATUS_CALIBRATED : 0) |
				  (i % 7 == 6 ? NLDEMO_STATUS_BATTERY_LOW : 0),
			.low = -5000, .high = 30000,
			.readings = { 21500 + 100 * i, 21400 + 110 * i, 21300 + 90 * i },
			.samples = i % 2 ? i : 0x100000000ULL + i,
			.serial = { 0x5e, 0x25, 0x00, 0x01, i },
			.mac = { 0x02, 0x00, 0x5e, 0x10, 0x00, i },
			.address = htonl(0xc0000200 + i), /* 192.0.2.0 */
			.port = htons(5000 + i),
		};
		snprintf(s->name, sizeof(s->name), "%s-%u", kinds[i % 4], i / 4 + 1);
	}
	for (u32 i = 0; i < RELAYS; i++) {
		relays[i] = (struct relay){ .id = i + 1, .mode = i ? NLDEMO_MODE_AUTOMATIC
								   : NLDEMO_MODE_LOCKED };
		strscpy(relays[i].name, duties[i], sizeof(relays[i].name));
	}
}

/* Family ids go round in a circle; this walks on in it, to the reuse that else takes months. */
static unsigned int skip_ids;
module_param(skip_ids, uint, 0);

static int __init nldemo_init(void)
{
	int err;

	for (unsigned int i = 0; i < skip_ids; i++) {
		err = genl_register_family(&family);
		if (err)
			return err;
		genl_unregister_family(&family);
	}
	furnish();
	directory = kobject_create_and_add("nldemo", kernel_kobj);
	if (!directory)
		return -ENOMEM;
	err = genl_register_family(&family);
	if (err)
		goto put;
	err = sysfs_create_file(directory, &measure.attr);
	if (err)
		goto unregister;
	return 0;

unregister:
	genl_unregister_family(&family);
put:
	kobject_put(directory);
	return err;
}

static void __exit nldemo_exit(void)
{
	kobject_put(directory);
	genl_unregister_family(&family);
}

module_init(nldemo_init);
module_exit(nldemo_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A greenhouse behind generic netlink");
